<?php
// Signs a person in with WeChat, and renews the grant. `wechat-oauth emulator --auto-consent` says what to give it:
//     WECHAT_APP_SECRET=... php login.php PREFIX http://127.0.0.1:8787 wx...
declare(strict_types=1);
require __DIR__ . '/WechatException.php';
require __DIR__ . '/Wechat.php';

[, $prefix, $baseUrl, $appid] = $argv;
$wechat = new Wechat($prefix);
try {
    // Once, at the start. Without "base_url" it is WeChat itself that people sign in with.
    $app = $wechat->open('wxo_app_new', json_encode([
        'account' => 'official_account',
        'appid' => $appid,
        'secret' => getenv('WECHAT_APP_SECRET'),
        'base_url' => $baseUrl,
    ]));

    // Out: the browser goes to the url, and pending stays in its session.
    $begun = $wechat->call('wxo_begin', $app, json_encode([
        'scope' => 'snsapi_userinfo',
        'redirect_uri' => 'http://localhost:3000/callback',
    ]));
    $pending = json_encode($begun->pending);

    // What the browser does: WeChat sends it back to the site.
    $browser = stream_context_create(['http' => ['follow_location' => 0, 'timeout' => 5]]);
    $callback = array_change_key_case(get_headers($begun->url, true, $browser))['location'] ?? '';

    // Back: the callback, and what stayed in the session of the browser that brings it.
    $code = $wechat->open('wxo_accept', $pending, $callback);
    $flow = $wechat->open('wxo_sign_in', $app, $code, '{"lang":"zh_CN"}');
    $person = $wechat->drive($flow);
    if ($person->signed_in === 'snapshot') {
        exit("a visitor of a snapshot page: nobody\n");
    }
    echo "signed in: {$person->openid}, {$person->profile?->nickname}\n";

    // Hours later: what was stored, renewed.
    $stored = json_encode($person->stored_grant);
    $renewal = $wechat->open('wxo_renew', $app, $stored);
    $wechat->drive($renewal);
    echo "renewed\n";
    $wechat->free($renewal, $flow, $code, $app);
} catch (WechatException $error) {
    fwrite(STDERR, $error->getMessage() . "\n");
    exit(1);
}
