'use strict';

// The package as it is installed.

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { dirname, join, relative } = require('node:path');
const { test } = require('node:test');
const { Worker } = require('node:worker_threads');

const wechat = require('wechat-oauth-rs');
const { APPID, NOW, SECRET, TOKENS, app, code, grant, json, profile } = require('./given.js');

const HOME = dirname(require.resolve('wechat-oauth-rs/package.json'));

function filesOf(folder) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesOf(path) : [path];
  });
}

function node(...args) {
  return spawnSync(process.execPath, args, { encoding: 'utf8', cwd: __dirname, timeout: 60_000 });
}

test('the package has what it runs on, and nothing else', () => {
  const files = filesOf(HOME).map((path) => relative(HOME, path));
  const tops = new Set(files.map((path) => path.split('/')[0]));
  for (const file of ['index.js', 'index.mjs', 'native.js', 'LICENSE-APACHE', 'LICENSE-MIT', 'package.json']) {
    assert.ok(tops.delete(file), file);
  }
  const [binary, ...others] = [...tops].filter((name) => name.endsWith('.node'));
  assert.deepEqual(others, []);
  tops.delete(binary);
  for (const name of ['lib', 'types', 'README.md', 'README.zh-CN.md']) tops.delete(name);
  assert.deepEqual([...tops], []);
  assert.ok(files.includes('types/index.d.ts') && files.includes('types/index.d.mts'));
  assert.ok(statSync(join(HOME, binary)).size < 4 * 1024 * 1024);
});

test('both module systems give the same classes, by the same names', async () => {
  const { default: whole, 'module.exports': _same, ...named } = await import('wechat-oauth-rs');
  assert.equal(whole, undefined);
  assert.deepEqual(Object.keys(named).sort(), Object.keys(wechat).sort());
  for (const [name, value] of Object.entries(named)) assert.equal(value, wechat[name], name);
});

test('nothing inside the package can be reached from outside', () => {
  for (const inside of ['native.js', 'lib/kept.js', 'lib/app.js', 'index.js']) {
    assert.throws(() => require(`wechat-oauth-rs/${inside}`), { code: 'ERR_PACKAGE_PATH_NOT_EXPORTED' });
  }
});

test('a platform without a binary is named, with what to do', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'wechat-oauth-'));
  t.after(() => rmSync(folder, { recursive: true }));
  cpSync(HOME, folder, { recursive: true });
  const of = (platform, arch) => {
    const set = `for (const [name, value] of [['platform','${platform}'],['arch','${arch}']]) Object.defineProperty(process, name, { value });`;
    return node('-e', `${set} try { require(${json(folder)}) } catch (error) { console.log(error.message) }`).stdout;
  };
  assert.match(of('linux', 'riscv64'), /^wechat-oauth-rs does not run on linux-riscv64-gnu with Node v\d+.*no binary for it/);
  assert.match(of('win32', 'x64'), /^wechat-oauth-rs does not run on win32-x64-msvc/);
  assert.match(of('darwin', 'arm64'), /^wechat-oauth-rs does not run on darwin-arm64 with/);
});

test('workers load it again, each with its own objects', async () => {
  const work = `
    const { parentPort } = require('node:worker_threads');
    const { App, Code, Grant } = require('wechat-oauth-rs');
    parentPort.once('message', (stored) => {
      const app = App.officialAccount('${APPID}', '${SECRET}');
      for (let count = 0; count < 200; count += 1) {
        const call = app.exchange(Code.receivedWithoutState('C0DE', 'snsapi_base'));
        call.read(200, ${json(json(TOKENS))}, ${NOW});
      }
      parentPort.postMessage(Grant.fromStorage(stored).openid);
    });`;
  const script = join(__dirname, 'worker-for-tests.js');
  require('node:fs').writeFileSync(script, work);
  const workers = Array.from({ length: 4 }, () => new Worker(script));
  const answers = workers.map(
    (worker) => new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject)),
  );
  const ended = workers.map((worker) => new Promise((resolve) => worker.once('exit', resolve)));
  for (const worker of workers) worker.postMessage(grant().exposeForStorage());
  assert.deepEqual(await Promise.all(answers), ['o1', 'o1', 'o1', 'o1']);
  assert.deepEqual(await Promise.all(ended), [0, 0, 0, 0]);
  rmSync(script);
  assert.equal(grant().openid, 'o1');
});

test('a second copy in the same thread mixes nothing up', () => {
  const first = grant();
  for (const path of Object.keys(require.cache)) if (path.startsWith(HOME)) delete require.cache[path];
  const again = require('wechat-oauth-rs');
  assert.notEqual(again.Grant, wechat.Grant);
  const second = again.Grant.fromStorage(grant({ openid: 'o2' }).exposeForStorage());
  assert.deepEqual([first.openid, second.openid], ['o1', 'o2']);
  assert.throws(() => app.refresh(second), TypeError);
  assert.throws(() => again.Grant.fromStorage('x'), again.MisuseError);
});

test('copies without end mix nothing up', () => {
  const paths = Object.keys(require.cache).filter((path) => path.startsWith(HOME));
  const mine = grant();
  const others = [];
  for (let count = 0; count < 300; count += 1) {
    for (const path of paths) delete require.cache[path];
    const copy = require('wechat-oauth-rs');
    others.push(copy.Grant.fromStorage(grant({ openid: `o${count}` }).exposeForStorage()));
  }
  assert.deepEqual(others.map(({ openid }) => openid), others.map((_, count) => `o${count}`));
  assert.equal(mine.openid, 'o1');
  const numbers = require(join(HOME, 'native.js')).numbers();
  assert.ok(numbers[1] < 2 ** 32, `${numbers}`);
});

test('what JavaScript has forgotten is forgotten here too', () => {
  const script = `
    const native = require(${json(join(HOME, 'native.js'))});
    const { app, grant, profile, code } = require('./given.js');
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    (async () => {
      const before = native.kept();
      const held = grant();
      for (let count = 0; count < 2000; count += 1) {
        profile();
        app.signIn(code());
        app.exchange(code());
        if (count % 100 === 0) await turn();
      }
      for (let tries = 0; tries < 50 && native.kept() > before + 10; tries += 1) {
        gc();
        await turn();
      }
      console.log(native.kept() - before <= 10, held.openid);
    })();`;
  const { stdout, stderr } = node('--expose-gc', '-e', script);
  assert.equal(stdout.trim(), 'true o1', stderr);
});

test('a panic is an error that can be caught, and the process goes on', () => {
  const folder = process.env.WECHAT_OAUTH_PANICS;
  assert.ok(folder, 'WECHAT_OAUTH_PANICS has to name a package with the feature `panic-for-tests`');
  const script = `
    const { MisuseError, WechatOAuthError, explain } = require(${json(folder)});
    const native = require(${json(join(folder, 'native.js'))});
    const { checked } = require(${json(join(folder, 'lib/kept.js'))});
    for (let time = 0; time < 3; time += 1) {
      try { checked(native.panicForTests()); } catch (error) {
        console.log(error instanceof WechatOAuthError, error instanceof MisuseError, error.kind, error.reason, error.advice);
      }
    }
    console.log(explain(40029).name);`;
  const { stdout, status } = node('-e', script);
  assert.equal(stdout, `${'true true misuse panicked fix_configuration\n'.repeat(3)}invalid_code\n`);
  assert.equal(status, 0);
  assert.equal(require(join(HOME, 'native.js')).panicForTests, undefined);
});

test('no line of the native half is unsafe, or allows it', () => {
  const source = process.env.WECHAT_OAUTH_SOURCE;
  assert.ok(source, 'WECHAT_OAUTH_SOURCE has to name the folder of the sources');
  const files = filesOf(join(source, 'src'));
  assert.ok(files.length > 5);
  for (const file of files) assert.doesNotMatch(readFileSync(file, 'utf8'), /\bunsafe\b|\bunsafe_code\b/, file);
  assert.match(readFileSync(join(source, 'Cargo.toml'), 'utf8'), /^unsafe_code = "deny"$/m);
});

test('a profile outlives the grant and the call that it came from', () => {
  const person = profile();
  for (let count = 0; count < 100; count += 1) app.exchange(code());
  assert.equal(person.openid, 'o1');
});
