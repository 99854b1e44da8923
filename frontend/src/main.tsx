import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { restore } from './state/auth';
import { start_markets } from './state/market';
import './state/preferences';
import './style.css';
import { App } from './ui/app';

restore();
void start_markets();
createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
