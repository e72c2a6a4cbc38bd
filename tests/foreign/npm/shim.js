'use strict';

// The hosts of `wechat-oauth` are fixed in its code. Every call of it goes through `OAuth.prototype.request`, so that is
// where the host is replaced, and nothing else is.

const OAuth = require('wechat-oauth');

const HOSTS = ['https://api.weixin.qq.com', 'https://open.weixin.qq.com'];

/** The class of `wechat-oauth`, and how to lead one of WeChat's addresses to the emulator. */
exports.pointAt = (baseUrl) => {
  const led = (url) => {
    const host = HOSTS.find((host) => url.startsWith(host + '/'));
    if (!host) throw new Error('a request for a host that is not WeChat’s');
    return baseUrl + url.slice(host.length);
  };
  const request = OAuth.prototype.request;
  OAuth.prototype.request = function (url, options, callback) {
    return request.call(this, led(url), options, callback);
  };
  return { OAuth, led };
};
