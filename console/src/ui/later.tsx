// A page whose code comes when it is first opened.
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Box, Skeleton } from './notice';

export function later<M, P extends object>(load: () => Promise<M>, pick: (m: M) => ComponentType<P>): ComponentType<P> {
  let made: ComponentType<P> | undefined;
  return function Later(props: P) {
    const [Made, setMade] = useState(() => made);
    const [missing, setMissing] = useState(false);
    useEffect(() => {
      if (!made) load().then((m) => { made = pick(m); setMade(() => made); }, () => setMissing(true));
    }, []);
    if (Made) return <Made {...props} />;
    return (
      <div class="page">
        {missing ? <Box tone="warn" title="This page could not be fetched." actions={<button type="button" class="button" onClick={() => location.reload()}>Load it again</button>}>The server may be away, or have a newer version than this page.</Box> : <Skeleton rows={8} />}
      </div>
    );
  };
}
