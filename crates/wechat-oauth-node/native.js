'use strict';

// Loads the native half. It is compiled, so there is a file for each platform.

const { arch, platform } = process;

/** The platform as the files name it: `linux-x64-gnu`, `darwin-arm64`. */
function platformName() {
  if (platform === 'linux') {
    const { report } = process;
    // Without the network's part, which takes time. The program's own reports may want it.
    const { excludeNetwork } = report;
    report.excludeNetwork = true;
    const { header } = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (report.getReport());
    report.excludeNetwork = excludeNetwork;
    return `linux-${arch}-${header.glibcVersionRuntime ? 'gnu' : 'musl'}`;
  }
  return platform === 'win32' ? `win32-${arch}-msvc` : `${platform}-${arch}`;
}

/** The native functions. */
function load() {
  const name = `wechat-oauth-rs.${platformName()}.node`;
  try {
    return require(`./${name}`);
  } catch (cause) {
    const missing = /** @type {NodeJS.ErrnoException} */ (cause).code === 'MODULE_NOT_FOUND';
    const why = missing
      ? `this package has no binary for it (${name}); install it on the platform that it is to run on, or build it from source`
      : `its binary cannot be loaded (${name})`;
    throw new Error(`wechat-oauth-rs does not run on ${platformName()} with Node ${process.version}: ${why}`, { cause });
  }
}

module.exports = load();
