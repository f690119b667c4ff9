import type { Fault } from './faults.ts';
import { faultModeNames, faultModes } from './faults.ts';
import { html, type Markup } from './html.ts';

export interface ChangeOnPage {
  readonly sysId: string;
  readonly number: string;
  readonly shortDescription: string;
  readonly state: string;
  readonly approval: string;
  /** Names of those who are asked; none when there is nothing to decide. */
  readonly askedApprovers: readonly string[];
}

export interface FieldOnPage {
  readonly label: string;
  readonly shown: string;
}

export function overview(changes: readonly ChangeOnPage[], fault: Fault, requestsSeen: number): Markup {
  return html`<p>${requestsSeen} ${requestsSeen === 1 ? 'request' : 'requests'} seen.</p>
<h2>Change requests</h2>
${changes.length === 0 ? html`<p class="quiet">No change was created yet.</p>` : changeList(changes)}
<h2>Fault</h2>
<p class="quiet">${faultModes[fault.mode].meaning}${fault.remaining === undefined ? '' : ` (${fault.remaining} more)`}</p>
${faultForm(fault)}`;
}

export function recordView(fields: readonly FieldOnPage[], change: ChangeOnPage | undefined): Markup {
  return html`${change && change.askedApprovers.length > 0 ? decisionForms(change) : undefined}
<dl>${fields.map(({ label, shown }) => html`<dt>${label}</dt><dd>${shown}</dd>`)}</dl>
<p><a href="/simulator/">All changes</a></p>`;
}

function changeList(changes: readonly ChangeOnPage[]): Markup {
  return html`<ul class="cards">${changes.map(
    (change) => html`<li><div>
<a href="/simulator/record/change_request/${change.sysId}">${change.number}</a> ${change.shortDescription}
<div class="quiet">${change.state} · ${change.approval}${
      change.askedApprovers.length === 0 ? '' : ` · waits for ${change.askedApprovers.join(', ')}`
    }</div></div>
${change.askedApprovers.length === 0 ? undefined : decisionForms(change)}</li>`,
  )}</ul>`;
}

function decisionForms({ number }: ChangeOnPage): Markup {
  const button = (decision: string, label: string, kind: string) =>
    html`<form method="post" action="/simulator/changes/${encodeURIComponent(number)}/${decision}"><button class="${kind}" aria-label="${label} ${number}">${label}</button></form>`;
  return html`<div class="actions">${button('approve', 'Approve', 'go')}${button('reject', 'Reject', 'stop')}</div>`;
}

function faultForm(fault: Fault): Markup {
  const options = faultModeNames.map(
    (name) => html`<option value="${name}"${{ markup: name === fault.mode ? ' selected' : '' }}>${name}</option>`,
  );
  return html`<form class="row" method="post" action="/simulator/faults">
<label><span>Mode</span><select name="mode">${options}</select></label>
<label><span>Next requests only</span><input name="remaining" type="number" min="1" inputmode="numeric"></label>
<label><span>Method</span><select name="method"><option value="">any</option>${['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].map((method) => html`<option>${method}</option>`)}</select></label>
<label><span>Path contains</span><input name="path"></label>
<label><span>Delay, ms (slow)</span><input name="delayMs" type="number" min="0" inputmode="numeric"></label>
<button>Switch</button>
</form>`;
}
