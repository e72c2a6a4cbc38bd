#!/bin/sh
# A login by hand with curl, as a reader of the README would try it; every value is compared with what the emulator
# knows.
#
# Usage: curl.sh ANNOUNCEMENT, the file with the first line that `wechat-oauth emulator` printed.
set -eu

# Nobody listens there: the callback is read where curl is sent away. Its query has to survive.
redirect_uri='http://localhost:8000/login/wechat?next=%2Fhome&lang=zh'
encoded_redirect_uri='http%3A%2F%2Flocalhost%3A8000%2Flogin%2Fwechat%3Fnext%3D%252Fhome%26lang%3Dzh'
state=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
# A made-up code of the right shape.
unknown_code=00000000000000000000000000000000

# check WHAT CONDITION...: prints what was checked; ends the run where it does not hold.
check() {
    what=$1
    shift
    if ! test "$@"; then
        echo "FAILED  curl: $what"
        exit 1
    fi
    echo "ok      curl: $what"
}

# The user's own settings of curl are left out, and so is a proxy.
curl() {
    command curl --disable --noproxy '*' --silent --show-error --max-time 10 "$@"
}

# text KEY JSON, number KEY JSON: the value of a key that is there once.
text() {
    printf '%s\n' "$2" | sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"
}
number() {
    printf '%s\n' "$2" | sed -n "s/.*\"$1\":\(-\{0,1\}[0-9]\{1,\}\).*/\1/p"
}

# attribute BEGINNING HTML: the value of the attribute that a line's text begins with.
attribute() {
    printf '%s\n' "$2" | sed -n "s/.*$1=\"\([^\"]*\)\".*/\1/p"
}

announcement=$(head -n 1 "$1")
base_url=$(text base_url "$announcement")
account=$(printf '%s\n' "$announcement" | sed 's/.*\("kind":"official_account"[^}]*\).*/\1/')
appid=$(text appid "$account")
secret=$(text secret "$account")

curl --output /dev/null --fail --request POST "$base_url/_emulator/reset"
# The first person holds the phone.
person=$(curl --fail "$base_url/_emulator/users" | sed 's/},{"avatar".*//')
openid=$(text "$appid" "$(printf '%s\n' "$person" | sed 's/.*"openids":{\([^}]*\)}.*/\1/')")
nickname=$(text nickname "$person")
check 'the emulator tells the openid of who holds the phone' -n "$openid"
check 'the emulator tells the nickname of who holds the phone' -n "$nickname"

# authorize_url SCOPE
authorize_url() {
    query="appid=$appid&redirect_uri=$encoded_redirect_uri&response_type=code&scope=$1&state=$state"
    echo "$base_url/connect/oauth2/authorize?$query#wechat_redirect"
}

# take_code CALLBACK: sets `code`, where the callback is the redirect URI with a code and our state.
take_code() {
    code=${1#"$redirect_uri&code="}
    code=${code%"&state=$state"}
    check 'the callback is the redirect URI with a code and the state' "$1" = "$redirect_uri&code=$code&state=$state"
    check 'the code has 32 characters' "${#code}" -eq 32
}

# exchange CODE
exchange() {
    curl --get "$base_url/sns/oauth2/access_token" --data "appid=$appid" --data "secret=$secret" \
        --data-urlencode "code=$1" --data grant_type=authorization_code
}

# userinfo GRANT
userinfo() {
    curl --get "$base_url/sns/userinfo" --data "access_token=$(text access_token "$1")" \
        --data "openid=$(text openid "$1")" --data lang=zh_CN
}

# snsapi_base asks nobody.
take_code "$(curl --output /dev/null --write-out '%{redirect_url}' "$(authorize_url snsapi_base)")"
grant=$(exchange "$code")
check 'the openid is the person’s, without a page' "$(text openid "$grant")" = "$openid"
check 'a profile for snsapi_base is refused: 48001' "$(number errcode "$(userinfo "$grant")")" = 48001

# snsapi_userinfo shows a page with a form.
page=$(curl "$(authorize_url snsapi_userinfo)")
action=$(attribute '<form method="post" action' "$page")
tx=$(attribute '<input type="hidden" name="tx" value' "$page")
check 'snsapi_userinfo shows a page with a form' -n "$action"
take_code "$(curl --output /dev/null --write-out '%{redirect_url}' "$base_url$action" \
    --data-urlencode "tx=$tx" --data answer=allow)"
grant=$(exchange "$code")
check 'the openid is the person’s, after consent' "$(text openid "$grant")" = "$openid"
check 'the scope is the one that was granted' "$(text scope "$grant")" = snsapi_userinfo

profile=$(userinfo "$grant")
check 'the profile has the openid' "$(text openid "$profile")" = "$openid"
check 'the profile has the nickname' "$(text nickname "$profile")" = "$nickname"
avatar=$(text headimgurl "$profile")
check 'a slash is sent as \/' "${avatar#'http:\/\/'}" != "$avatar"
said=$(curl --output /dev/null --write-out '%{http_code} %{content_type}' "$base_url/sns/userinfo")
check 'a refusal is HTTP 200 and text/plain' "$said" = '200 text/plain'
check 'a code that was used is refused: 40163' "$(number errcode "$(exchange "$code")")" = 40163
check 'a made-up code is refused: 40029' "$(number errcode "$(exchange "$unknown_code")")" = 40029
