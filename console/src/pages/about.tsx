// What this is, in a few words.
import { help } from '../ui/keys';
import { Card, Page } from '../ui/page';

export function About() {
  return (
    <Page title="About Hospitaller" lead="The order that guards the sick: one guarded door in front of the records, and one trail of everything that passes.">
      <div class="grid">
        <Card title="What it promises">
          <ul class="bullets">
            <li>Nothing of a record leaves before it is written down who takes it.</li>
            <li>What was answered as saved survives a power cut.</li>
            <li>No disk holds patient information in clear.</li>
            <li>Any byte of the trail that is changed, moved or dropped shows, to anybody who checks.</li>
            <li>In an emergency every record opens, and is reviewed afterwards.</li>
          </ul>
        </Card>
        <Card title="What this page keeps">
          <ul class="bullets">
            <li>In your browser: your choice of colours, and nothing else.</li>
            <li>In addresses: opaque numbers, never a name.</li>
            <li>Your session ends when you have been away for a while, and when you sign out.</li>
          </ul>
          <p><button type="button" class="button" onClick={() => help.set(true)}>Keyboard shortcuts</button></p>
        </Card>
        <Card title="For developers"><p>Applications use ordinary FHIR R4 at <code>/fhir</code>. <a href="/fhir/metadata" target="_blank" rel="noreferrer">What it can do</a> is written there in FHIR’s own form.</p></Card>
        <Card title="Licence"><p>Free software under the Apache License 2.0. This page stands on Preact and uPlot, both under the MIT licence.</p></Card>
      </div>
    </Page>
  );
}
