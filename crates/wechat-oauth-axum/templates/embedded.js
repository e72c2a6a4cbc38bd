{
  const place = document.getElementById('wx-login');
  new WxLogin({ ...JSON.parse(place.dataset.argument), id: place.id });
}
