import { render } from 'preact';
import { App } from './app';
import { startRouter } from './base/router';
import 'uplot/dist/uPlot.min.css';
import './style/tokens.css';
import './style/base.css';
import './style/parts.css';
import './style/pages.css';
import './style/print.css';

startRouter();
render(<App />, document.getElementById('app')!);
