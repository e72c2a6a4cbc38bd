'use strict';
// The site under test, the demo of the command line: its addresses and its words. Nothing else here knows them.

const PATHS = {
  home: '/',
  login: '/login',
  callback: '/callback',
  me: '/me',
  // A QR code inside a page of the site, and the site's own login as a QR code.
  embedded: '/login?door=website',
  phone: '/login?door=phone',
};

const WORDS = {
  zh: {
    tag: 'zh-CN',
    signIn: '微信登录',
    silently: /^静默登录/,
    byQr: /^扫码登录/,
    signOut: '退出登录',
    otherLanguage: 'English',
    home: '用微信登录',
    silentlySignedIn: '已登录',
    refused: '你没有同意授权',
    snapshot: '你正在浏览快照页',
    cookiesLost: '没有等待中的登录',
    code: '登录链接的二维码',
    again: /重新登录|使用完整服务并登录/,
  },
  en: {
    tag: 'en',
    signIn: 'Sign in with WeChat',
    silently: /^Sign in silently/,
    byQr: /^Sign in by QR code/,
    signOut: 'Sign out',
    otherLanguage: '中文',
    home: 'Sign in with WeChat',
    silentlySignedIn: 'Signed in',
    refused: 'You did not agree',
    snapshot: 'You are looking at a snapshot page',
    cookiesLost: 'No login is waiting',
    code: 'QR code of the sign-in link',
    again: /Sign in again|Continue and sign in/,
  },
};

module.exports = { PATHS, WORDS };
