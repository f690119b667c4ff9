import { choice, flag, integer, reference, text } from './column-builders.ts';
import type { TableDefinition } from './schema.ts';
import { environments } from './schema-choices.ts';

/** Tables that records are made from: templates, and the staging tables of imports. */
export const templateTables: readonly TableDefinition[] = [
  {
    name: 'sys_template',
    label: 'Template',
    display: 'name',
    columns: [
      text('name', 'Name', 100),
      text('table', 'Table', 80),
      text('template', 'Template', 4000),
      flag('active', 'Active', 'true'),
    ],
  },
  {
    name: 'std_change_record_producer',
    label: 'Standard Change Template',
    display: 'sys_name',
    columns: [
      text('sys_name', 'Display name', 100),
      text('category', 'Category', 100),
      reference('template', 'Template', 'sys_template'),
      flag('active', 'Active', 'true'),
    ],
  },
  {
    name: 'sys_import_set',
    label: 'Import Set',
    display: 'number',
    numbering: { prefix: 'ISET', first: 10001 },
    columns: [text('number', 'Number', 40), text('table_name', 'Table', 80), text('state', 'State', 40, 'processed')],
  },
  {
    name: 'sys_transform_map',
    label: 'Table Transform Map',
    display: 'name',
    columns: [
      text('name', 'Name', 80),
      text('source_table', 'Source table', 80),
      text('target_table', 'Target table', 80),
    ],
  },
  {
    name: 'sys_import_set_row',
    label: 'Import Set Row',
    display: 'sys_id',
    columns: [
      reference('sys_import_set', 'Set', 'sys_import_set'),
      integer('sys_import_row', 'Row', ''),
      text('sys_import_state', 'State', 40, 'pending'),
      text('sys_import_state_comment', 'Comment', 1000),
      text('sys_target_table', 'Target table', 80),
      text('sys_target_sys_id', 'Target record', 40),
      reference('sys_transform_map', 'Transform map', 'sys_transform_map'),
    ].map((column) => ({ ...column, readOnly: true })),
  },
  {
    name: 'u_release_import',
    label: 'Release import',
    parent: 'sys_import_set_row',
    display: 'sys_id',
    columns: [
      text('u_key', 'Key', 100),
      text('u_title', 'Title', 160),
      text('u_release', 'Release', 80),
      choice('u_environment', 'Environment', environments, ''),
    ],
  },
  {
    name: 'u_marked_release_import',
    label: 'Marked release import',
    parent: 'u_release_import',
    display: 'sys_id',
    columns: [text('u_correlation_id', 'Correlation ID', 200)],
  },
];
