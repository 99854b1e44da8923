// The whole page.

import { Component, type ReactNode, useEffect } from 'react';
import { auth } from '../state/auth';
import { markets } from '../state/market';
import { place } from '../state/router';
import { listen_for_shortcuts } from '../state/shortcuts';
import { useStore } from '../state/store';
import { AccountPage } from './account_page';
import { Dialogs } from './dialogs';
import { Header } from './header';
import { usePhone } from './media';
import { Button, Empty } from './parts';
import { PhoneNav } from './phone_nav';
import { PortfolioPage } from './portfolio_page';
import { Toasts } from './toasts';
import { TradePage } from './trade_page';

/** A fault in a component shows words and a way on, not a white page. */
class Boundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <div className="h-dvh">
        <Empty title="The page met an error">
          <p className="pb-3">Your orders and balances are safe at the venue.</p>
          <Button look="accent" onClick={() => location.reload()}>
            Load it again
          </Button>
        </Empty>
      </div>
    );
  }
}

function Page() {
  const { page } = useStore(place);
  const { state } = useStore(markets);
  const restoring = useStore(auth, (value) => value.state === 'restoring');
  if (page === 'trade' && state === 'failed') {
    return <Empty title="The venue cannot be reached">Trying again every few seconds.</Empty>;
  }
  if (page === 'trade') return <TradePage />;
  if (restoring) return null;
  return page === 'portfolio' ? <PortfolioPage /> : <AccountPage />;
}

export function App() {
  useEffect(listen_for_shortcuts, []);
  const phone = usePhone();
  return (
    <Boundary>
      <div className="flex h-dvh flex-col gap-px overflow-hidden bg-line">
        <Header />
        <main className="flex min-h-0 flex-1 flex-col bg-bg">
          <Page />
        </main>
        {phone && <PhoneNav />}
      </div>
      <Dialogs />
      <Toasts />
    </Boundary>
  );
}
