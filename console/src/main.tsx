import { render } from 'preact';
import { App } from './app';
import { startRouter } from './base/router';
import './style/tokens.css';
import './style/base.css';
import './style/parts.css';
import './style/pages.css';
import './style/print.css';

startRouter();
render(<App />, document.getElementById('app')!);
