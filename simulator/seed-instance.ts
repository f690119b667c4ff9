import type { Row } from './record-store.ts';
import type { Column, TableDefinition } from './schema.ts';
import type { World } from './world.ts';

interface SeedUser {
  readonly userName: string;
  readonly password: string;
  readonly name: string;
  readonly roles: readonly string[];
  readonly values?: Row;
}

/** The people of the instance; docs/simulator.md lists them with their passwords. */
export const seedUsers: readonly SeedUser[] = [
  { userName: 'admin', password: 'admin-password', name: 'System Administrator', roles: ['admin'] },
  {
    userName: 'integration',
    password: 'integration-password',
    name: 'Integration User',
    roles: ['itil', 'personalize_choices', 'import_transformer'],
    values: {
      time_zone: 'Europe/Berlin',
      date_format: 'dd.MM.yyyy',
      time_format: 'HH:mm:ss',
      web_service_access_only: 'true',
    },
  },
  {
    userName: 'itil_only',
    password: 'itil-password',
    name: 'Itil Only',
    roles: ['itil'],
    values: { time_zone: 'GMT' },
  },
  { userName: 'noroles', password: 'noroles-password', name: 'No Roles', roles: [] },
  {
    userName: 'locked',
    password: 'locked-password',
    name: 'Locked Out',
    roles: ['itil'],
    values: { locked_out: 'true' },
  },
  { userName: 'approver', password: 'approver-password', name: 'Ada Approver', roles: ['approver_user'] },
  { userName: 'itil_admin', password: 'itil-admin-password', name: 'Itil Admin', roles: ['itil', 'itil_admin'] },
  { userName: 'import_admin', password: 'import-admin-password', name: 'Import Admin', roles: ['import_admin'] },
  {
    userName: 'basic_allowed',
    password: 'basic-allowed-password',
    name: 'Basic Allowed',
    roles: ['itil', 'snc_basic_auth_api_access'],
  },
  { userName: 'second_approver', password: 'approver-password', name: 'Carl Change', roles: ['approver_user'] },
];

const roleNames = [
  'admin',
  'itil',
  'itil_admin',
  'personalize_choices',
  'approver_user',
  'import_transformer',
  'import_admin',
  'snc_basic_auth_api_access',
];

const groups: readonly Row[] = [
  { name: 'CAB Approval', description: 'Change advisory board' },
  { name: 'Network', description: 'Keeps the network up' },
  { name: 'Release Management', description: 'Brings changes to production' },
];

interface StandardChange {
  readonly name: string;
  readonly active: boolean;
  /** The encoded string that a template keeps its values in. */
  readonly template: string;
}

const standardChanges: readonly StandardChange[] = [
  {
    name: 'Restart web servers',
    active: true,
    template:
      'short_description=Restart web servers^description=Rolling restart of the web tier^category=Software^risk=4^' +
      'implementation_plan=Restart one server at a time^backout_plan=Start the server again^test_plan=Open the start page^EQ',
  },
  {
    name: 'Replace tape drive',
    active: false,
    template: 'short_description=Replace tape drive^category=Hardware^EQ',
  },
];

/** Templates of forms: two have one name, and one is retired. */
const formTemplates: readonly Row[] = [
  {
    name: 'Failed deployment',
    table: 'incident',
    template: 'short_description=Deployment failed^category=software^impact=2^urgency=2^EQ',
  },
  {
    name: 'Deploy application',
    table: 'change_request',
    template: 'short_description=Deploy application^category=Software^risk=4^test_plan=Run the smoke tests^EQ',
  },
  { name: 'Hotfix', table: 'change_request', template: 'short_description=Hotfix^category=Software^risk=3^EQ' },
  { name: 'Hotfix', table: 'change_request', template: 'short_description=Urgent hotfix^category=Software^risk=2^EQ' },
  { name: 'Quarterly release', table: 'change_request', template: 'category=Other^EQ', active: 'false' },
];

/** Fills a new world: users, roles, groups, and the tables that describe the tables. */
export function seedInstance(world: World): void {
  const roles = new Map(roleNames.map((name) => [name, world.insert('sys_user_role', { name }, 'system')]));
  for (const user of seedUsers) {
    const row = world.insert('sys_user', userValues(user), 'system');
    world.passwords.set(user.userName, user.password);
    for (const role of user.roles)
      world.insert('sys_user_has_role', { user: row.sys_id ?? '', role: roles.get(role)?.sys_id ?? '' }, 'system');
  }
  for (const group of groups) world.insert('sys_user_group', group, 'system');
  for (const template of standardChanges) seedStandardChange(world, template);
  for (const template of formTemplates) world.insert('sys_template', template, 'system');
  const tableIds = new Map<string, string>();
  for (const table of world.schema.tables) describeTable(world, table, tableIds);
}

function seedStandardChange(world: World, { name, active, template }: StandardChange): void {
  const values = { name, table: 'change_request', template, active: String(active) };
  const { sys_id = '' } = world.insert('sys_template', values, 'system');
  const producer = { sys_name: name, template: sys_id, active: String(active), category: 'Standard Changes' };
  world.insert('std_change_record_producer', producer, 'system');
}

function userValues(user: SeedUser): Row {
  const [first = '', ...rest] = user.name.split(' ');
  return {
    user_name: user.userName,
    name: user.name,
    first_name: first,
    last_name: rest.join(' '),
    email: `${user.userName}@example.com`,
    ...user.values,
  };
}

function describeTable(world: World, table: TableDefinition, tableIds: Map<string, string>): void {
  const row = world.insert(
    'sys_db_object',
    { name: table.name, label: table.label, super_class: tableIds.get(table.parent ?? '') ?? '' },
    'system',
  );
  tableIds.set(table.name, row.sys_id ?? '');
  for (const column of table.columns) {
    world.insert('sys_dictionary', dictionaryEntry(table.name, column), 'system');
    describeChoices(world, table.name, column);
  }
}

function dictionaryEntry(table: string, column: Column): Row {
  return {
    name: table,
    element: column.name,
    column_label: column.label,
    internal_type: column.type === 'choice' ? 'string' : column.type,
    reference: column.reference ?? '',
    max_length: String(column.maxLength ?? 40),
    choice: column.choices ? '3' : '0',
    default_value: column.fallback ?? '',
    mandatory: String(column.mandatory ?? false),
    read_only: String(column.readOnly ?? false),
  };
}

/** Every choice twice: real instances repeat a row for each language that is installed. */
function describeChoices(world: World, table: string, column: Column): void {
  for (const language of ['en', 'de']) {
    for (const [sequence, { value, label }] of (column.choices ?? []).entries()) {
      const values = { name: table, element: column.name, value, language, sequence: String(sequence + 1) };
      world.insert('sys_choice', { ...values, label: language === 'en' ? label : `${label} (de)` }, 'system');
    }
  }
}
