import { choice, flag, reference, text } from './column-builders.ts';
import type { TableDefinition } from './schema.ts';
import { environments } from './schema-choices.ts';

/** Tables that records are made from: templates, and the staging table of an import. */
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
    name: 'u_release_import',
    label: 'Release import',
    display: 'sys_id',
    columns: [
      text('u_key', 'Key', 100),
      text('u_title', 'Title', 160),
      text('u_release', 'Release', 80),
      choice('u_environment', 'Environment', environments, ''),
      text('sys_import_state', 'State', 40, 'pending'),
      text('sys_import_set', 'Set', 40),
    ],
  },
];
