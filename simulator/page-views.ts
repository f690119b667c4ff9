import type { Fault } from './faults.ts';
import { faultModeNames, faultModes } from './faults.ts';
import { html, type Markup } from './html.ts';

export interface RecordOnPage {
  readonly table: string;
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

export interface ListOnPage {
  readonly heading: string;
  readonly records: readonly RecordOnPage[];
  readonly whenEmpty: string;
}

export interface Overview {
  readonly root: string;
  readonly lists: readonly ListOnPage[];
  readonly fault: Fault;
  readonly requestsSeen: number;
}

export function overview({ root, lists, fault, requestsSeen }: Overview): Markup {
  return html`<p>${requestsSeen} ${requestsSeen === 1 ? 'request' : 'requests'} seen.</p>
${lists.map(
  ({ heading, records, whenEmpty }) => html`<h2>${heading}</h2>
${records.length === 0 ? html`<p class="quiet">${whenEmpty}</p>` : recordList(root, records)}`,
)}
<h2>Fault</h2>
<p class="quiet">${faultModes[fault.mode].meaning}${fault.remaining === undefined ? '' : ` (${fault.remaining} more)`}</p>
${fault.mode === 'hibernating' ? html`<form method="post" action="${root}/simulator/wake"><button>Wake</button></form>` : undefined}
${faultForm(root, fault)}`;
}

export function recordView(root: string, fields: readonly FieldOnPage[], record: RecordOnPage): Markup {
  return html`${decisionForms(root, record)}
<dl>${fields.map(({ label, shown }) => html`<dt>${label}</dt><dd>${shown}</dd>`)}</dl>
<p><a href="${root}/simulator/">All records</a></p>`;
}

function recordList(root: string, records: readonly RecordOnPage[]): Markup {
  return html`<ul class="cards">${records.map(
    (record) => html`<li><div>
<a href="${root}/simulator/record/${record.table}/${record.sysId}">${record.number}</a> ${record.shortDescription}
<div class="quiet">${record.state} · ${record.approval}${
      record.askedApprovers.length === 0 ? '' : ` · waits for ${record.askedApprovers.join(', ')}`
    }</div></div>
${decisionForms(root, record)}</li>`,
  )}</ul>`;
}

function decisionForms(root: string, { number, askedApprovers }: RecordOnPage): Markup | undefined {
  if (askedApprovers.length === 0) return undefined;
  const button = (decision: string, label: string, kind: string) =>
    html`<form method="post" action="${root}/simulator/changes/${encodeURIComponent(number)}/${decision}"><button class="${kind}" aria-label="${label} ${number}">${label}</button></form>`;
  return html`<div class="actions">${button('approve', 'Approve', 'go')}${button('reject', 'Reject', 'stop')}</div>`;
}

function faultForm(root: string, fault: Fault): Markup {
  const options = faultModeNames.map(
    (name) => html`<option value="${name}"${{ markup: name === fault.mode ? ' selected' : '' }}>${name}</option>`,
  );
  return html`<form class="row" method="post" action="${root}/simulator/faults">
<label><span>Mode</span><select name="mode">${options}</select></label>
<label><span>Next requests only</span><input name="remaining" type="number" min="1" inputmode="numeric"></label>
<label><span>Method</span><select name="method"><option value="">any</option>${['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].map((method) => html`<option>${method}</option>`)}</select></label>
<label><span>Path contains</span><input name="path"></label>
<label><span>Delay, ms (slow)</span><input name="delayMs" type="number" min="0" inputmode="numeric"></label>
<button>Switch</button>
</form>`;
}
