import { choice, date, flag, integer, journal, reference, text } from './column-builders.ts';
import { createSchema, type Schema, type TableDefinition } from './schema.ts';
import { approvalChoices } from './schema-choices.ts';
import { taskTables } from './schema-task-tables.ts';
import { templateTables } from './schema-template-tables.ts';

/** The tables of the simulated instance: data that every other file reads, and that sys_dictionary shows. */
export function baseSchema(): Schema {
  return createSchema([...taskTables, ...userTables, ...systemTables, ...templateTables]);
}

const userTables: readonly TableDefinition[] = [
  {
    name: 'sys_user',
    label: 'User',
    display: 'name',
    columns: [
      text('user_name', 'User ID', 40),
      text('name', 'Name', 151),
      text('first_name', 'First name', 50),
      text('last_name', 'Last name', 50),
      text('email', 'Email', 100),
      text('time_zone', 'Time zone', 40),
      text('date_format', 'Date format', 40),
      text('time_format', 'Time format', 40),
      flag('active', 'Active', 'true'),
      flag('locked_out', 'Locked out', 'false'),
      flag('web_service_access_only', 'Web service access only', 'false'),
      integer('failed_attempts', 'Failed login attempts', '0'),
      { name: 'user_password', label: 'Password', type: 'password', readOnly: true },
    ],
  },
  {
    name: 'sys_user_group',
    label: 'Group',
    display: 'name',
    columns: [
      text('name', 'Name', 80),
      text('description', 'Description', 1000),
      reference('manager', 'Manager', 'sys_user'),
      flag('active', 'Active', 'true'),
    ],
  },
  {
    name: 'sys_user_role',
    label: 'Role',
    display: 'name',
    columns: [text('name', 'Name', 100), text('description', 'Description', 4000)],
  },
  {
    name: 'sys_user_has_role',
    label: 'User Role',
    display: 'role',
    columns: [
      reference('user', 'User', 'sys_user'),
      reference('role', 'Role', 'sys_user_role'),
      flag('inherited', 'Inherited', 'false'),
      text('state', 'State', 40, 'active'),
    ],
  },
];

const systemTables: readonly TableDefinition[] = [
  {
    name: 'sysapproval_approver',
    label: 'Approval',
    display: 'sys_id',
    columns: [
      choice('state', 'State', approvalChoices, 'not requested'),
      reference('approver', 'Approver', 'sys_user'),
      reference('group', 'Assignment group', 'sys_user_group'),
      reference('sysapproval', 'Approval for', 'task'),
      text('document_id', 'Approving', 40),
      text('source_table', 'Source table', 80),
      date('due_date', 'Due date'),
      date('expected_start', 'Expected start'),
      journal('comments', 'Comments'),
    ],
  },
  {
    name: 'sys_journal_field',
    label: 'Journal Entry',
    display: 'sys_id',
    columns: [
      text('name', 'Table', 80),
      text('element', 'Element', 80),
      text('element_id', 'Element ID', 40),
      text('value', 'Value', 65000),
    ],
  },
  {
    name: 'sys_attachment',
    label: 'Attachment',
    display: 'file_name',
    columns: [
      text('file_name', 'File name', 100),
      text('content_type', 'Content type', 100),
      text('table_name', 'Table name', 80),
      text('table_sys_id', 'Table sys ID', 40),
      text('size_bytes', 'Size bytes', 40),
      text('size_compressed', 'Size compressed', 40),
      text('chunk_size_bytes', 'Chunk size bytes', 40, '700000'),
      flag('compressed', 'Compressed', 'true'),
      text('hash', 'Hash', 64),
      text('state', 'State', 40),
      text('average_image_color', 'Average image color', 40),
      text('image_width', 'Image width', 40),
      text('image_height', 'Image height', 40),
    ],
  },
  {
    name: 'sys_choice',
    label: 'Choice',
    display: 'label',
    columns: [
      text('name', 'Table', 80),
      text('element', 'Element', 80),
      text('value', 'Value', 60),
      text('label', 'Label', 60),
      text('language', 'Language', 3, 'en'),
      integer('sequence', 'Sequence', ''),
      flag('inactive', 'Inactive', 'false'),
      text('dependent_value', 'Dependent value', 60),
    ],
  },
  {
    name: 'sys_db_object',
    label: 'Table',
    display: 'label',
    columns: [
      text('name', 'Name', 80),
      text('label', 'Label', 80),
      reference('super_class', 'Extends table', 'sys_db_object'),
      flag('ws_access', 'Allow access to this table via web services', 'true'),
    ],
  },
  {
    name: 'sys_dictionary',
    label: 'Dictionary Entry',
    display: 'element',
    columns: [
      text('name', 'Table', 80),
      text('element', 'Column name', 80),
      text('column_label', 'Column label', 80),
      text('internal_type', 'Type', 40),
      text('reference', 'Reference', 80),
      integer('max_length', 'Max length', ''),
      integer('choice', 'Choice', '0'),
      text('default_value', 'Default value', 255),
      flag('mandatory', 'Mandatory', 'false'),
      flag('read_only', 'Read only', 'false'),
      flag('active', 'Active', 'true'),
    ],
  },
];
