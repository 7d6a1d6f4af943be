/** Starts the page that the address names: the gallery at the root, a chart below. */
import './model/prototype';
import { locate } from './model/address';
import { ChartPage, type ChartsProbe } from './view/chartpage';
import { Gallery } from './view/gallery';

declare global {
  interface Window {
    __charts?: ChartsProbe;
  }
}

const address = locate(location.href, import.meta.url);
if (address.segment === null) new Gallery(address);
else window.__charts = new ChartPage(address, address.segment).probe;
window.addEventListener('hashchange', () => location.reload());
