'use strict';
// The site under test with its WeChat: one process of `wechat-oauth demo`, fresh for every scenario.

const { spawn } = require('node:child_process');
const { createInterface } = require('node:readline');

// Both start in milliseconds; a busy machine may need longer.
const START_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 5_000;

class Demo {
  static async start(program) {
    const child = spawn(program, ['demo', '--json'], { stdio: ['ignore', 'pipe', 'pipe'] });
    const demo = new Demo(child);
    child.stderr.on('data', (text) => (demo.said += text));
    let timer;
    const line = await Promise.race([
      new Promise((resolve) => createInterface({ input: child.stdout }).once('line', resolve)),
      new Promise((_, reject) => {
        child.once('error', reject);
        child.once('exit', () => reject(new Error(`the demo ended before it was there: ${demo.said}`)));
        timer = setTimeout(() => reject(new Error('the demo did not say where it is')), START_LIMIT_MS);
      }),
    ]).finally(() => clearTimeout(timer));
    const addresses = JSON.parse(line);
    demo.site = new URL(addresses.site_url).origin;
    demo.wechat = new URL(addresses.emulator_url).origin;
    return demo;
  }

  constructor(child) {
    this.child = child;
    this.said = '';
    this.ended = new Promise((resolve) => child.once('exit', resolve));
    // It ends with us, however we end.
    this.kill = () => child.kill('SIGKILL');
    process.once('exit', this.kill);
  }

  async stop() {
    this.child.kill('SIGTERM');
    const timer = setTimeout(this.kill, STOP_LIMIT_MS);
    await this.ended;
    clearTimeout(timer);
    process.removeListener('exit', this.kill);
  }
}

module.exports = { Demo };
