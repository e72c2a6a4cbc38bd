'use strict';
// Runs the scenarios, one after the other, in one Chromium: `cargo xtask browser` starts it.
//
//   node run.js --demo PROGRAM --screenshots FOLDER [--only NAME]...

const fs = require('node:fs');
const path = require('node:path');
const { parseArgs, stripVTControlCharacters } = require('node:util');
const { chromium } = require('playwright-core');
const { Demo } = require('./demo.js');
const { broken } = require('./rules.js');
const { Visitor } = require('./visitor.js');
const { WeChat } = require('./wechat.js');

// A scenario takes seconds; one that hangs ends, and the next one runs.
const SCENARIO_LIMIT_MS = 120_000;
// A page that is on its way elsewhere may never be ready for one.
const SCREENSHOT_LIMIT_MS = 10_000;

const SCENARIOS = [
  ...require('./scenarios/sign_in.js'),
  ...require('./scenarios/callback.js'),
  ...require('./scenarios/strangers.js'),
  ...require('./scenarios/screens.js'),
  ...require('./scenarios/cookies.js'),
  ...require('./scenarios/careless.js'),
];

async function main() {
  const { values } = parseArgs({
    options: {
      demo: { type: 'string' },
      screenshots: { type: 'string' },
      only: { type: 'string', multiple: true, default: [] },
      list: { type: 'boolean' },
    },
  });
  if (values.list) {
    for (const { name, sentence } of SCENARIOS) console.log(`${name.padEnd(24)}${sentence}`);
    return 0;
  }
  if (!values.demo || !values.screenshots) throw new Error('--demo PROGRAM and --screenshots FOLDER are needed');
  const unknown = values.only.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name));
  if (unknown.length > 0) throw new Error(`there is no scenario ${unknown}; --list names them`);
  const chosen = SCENARIOS.filter(({ name }) => values.only.length === 0 || values.only.includes(name));

  fs.mkdirSync(values.screenshots, { recursive: true });
  const browser = await launch();
  const started = Date.now();
  let failures = 0;
  try {
    for (const scenario of chosen) {
      failures += (await play(browser, scenario, values)) ? 0 : 1;
    }
  } finally {
    await browser.close();
  }
  const time = seconds(Date.now() - started);
  console.log(`\n${chosen.length - failures} of ${chosen.length} scenarios passed in ${time}; screenshots: ${values.screenshots}`);
  return failures === 0 ? 0 : 1;
}

// Chromium, which knows no host but this machine.
async function launch() {
  const outside = Object.keys(process.env).filter((name) => /_proxy$/i.test(name));
  const env = { ...process.env };
  for (const name of outside) delete env[name];
  return chromium.launch({
    executablePath: onPath('chromium'),
    env,
    args: [
      '--disable-gpu',
      '--disable-quic',
      '--disable-sync',
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1',
    ],
  });
}

function onPath(program) {
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  const found = folders.map((folder) => path.join(folder, program)).find((file) => fs.existsSync(file));
  if (!found) throw new Error(`${program} is not on the PATH`);
  return found;
}

// Plays one scenario against a site of its own, and tells how it went.
async function play(browser, scenario, { demo: program, screenshots }) {
  const started = Date.now();
  const visitors = [];
  const problems = [];
  const file = (part) => path.join(screenshots, `${scenario.name}${part ? `-${part}` : ''}.png`);
  let demo;
  try {
    demo = await Demo.start(program);
    const wechat = new WeChat(demo.wechat);
    const visit = async (options) => {
      const visitor = await Visitor.arrive(browser, demo, wechat, options);
      visitors.push(visitor);
      return visitor;
    };
    // Keeps what is to be seen in the middle of a scenario; the end is kept anyway.
    const keep = (page, what) => page.screenshot({ path: file(what), fullPage: true });
    await within(SCENARIO_LIMIT_MS, scenario.play({ browser, demo, wechat, visit, keep }));
    for (const visitor of visitors) problems.push(...broken(visitor));
  } catch (error) {
    problems.push(told(error));
  }
  const pages = visitors.flatMap((visitor) => visitor.context.pages());
  const screenshot = (page, index) => {
    const options = { path: file(index > 0 && index + 1), fullPage: true, timeout: SCREENSHOT_LIMIT_MS };
    return page.screenshot(options);
  };
  // Each is done whatever becomes of the others.
  const endings = [
    ...pages.map((page, index) => () => screenshot(page, index)),
    ...visitors.map((visitor) => () => visitor.leave()),
    async () => demo?.stop(),
  ];
  for (const end of endings) {
    await end().catch((error) => problems.push(told(error)));
  }
  const verdict = problems.length === 0 ? 'ok    ' : 'FAILED';
  console.log(`${verdict}  ${scenario.name.padEnd(22)}  ${seconds(Date.now() - started).padStart(6)}  ${scenario.sentence}`);
  for (const problem of problems) console.log(indented(problem));
  return problems.length === 0;
}

async function within(limit, work) {
  let timer;
  const over = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not over after ${seconds(limit)}`)), limit);
  });
  await Promise.race([work, over]).finally(() => clearTimeout(timer));
}

// The error, and where in the scenarios it came about.
function told(error) {
  const elsewhere = /^ +at .*(\(<anonymous>\)|node:|node_modules|run\.js:)/;
  return stripVTControlCharacters(error.stack).split('\n').filter((line) => !elsewhere.test(line)).join('\n');
}

function seconds(milliseconds) {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

function indented(text) {
  return text.replace(/^/gm, '        ');
}

main().then(
  (code) => (process.exitCode = code),
  (error) => {
    console.error(error.message);
    process.exitCode = 2;
  },
);
