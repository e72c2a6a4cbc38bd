// The emulator's own script, which does what WeChat's of this name is seen to do: it puts the QR page into an element.
(function () {
  'use strict';
  // The pages are where this script is, by whatever name of this machine the app knows the emulator.
  const emulator = new URL(document.currentScript.src).origin;

  window.WxLogin = function (options) {
    const place = document.getElementById(options.id);
    if (!place) throw new Error('WxLogin: there is no element with the id ' + options.id);

    // Like WeChat's, it takes every value as it is: the app encodes redirect_uri and href.
    const selfRedirect = options.self_redirect === true || options.self_redirect === false ? options.self_redirect : 'default';
    let address = emulator + '/connect/qrconnect?appid=' + options.appid + '&scope=' + options.scope +
      '&redirect_uri=' + options.redirect_uri + '&state=' + options.state + '&login_type=jssdk&self_redirect=' + selfRedirect;
    for (const name of ['style', 'href', 'stylelite', 'fast_login', 'color_scheme']) {
      if (options[name] !== undefined && options[name] !== '') address += '&' + name + '=' + options[name];
    }

    const frame = document.createElement('iframe');
    frame.title = 'WeChat';
    frame.width = '300';
    frame.height = '400';
    frame.frameBorder = '0';
    frame.scrolling = 'no';
    // Without a click, a browser lets a frame of another site move the top window only if it is told so here. The page
    // asks its own server how far the login is, and its link to the phone opens a window.
    frame.sandbox = 'allow-scripts allow-same-origin allow-top-navigation allow-popups allow-popups-to-escape-sandbox';
    frame.src = address;
    place.replaceChildren(frame);
  };
})();
