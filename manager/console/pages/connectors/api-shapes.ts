import type { paths } from '../../api/schema.d.ts';

export type Connector = paths['/api/v1/connectors/{id}']['get']['responses'][200]['content']['application/json'];
export type ConnectorBody = paths['/api/v1/connectors']['post']['requestBody']['content']['application/json'];
export type TestTask = paths['/api/v1/tasks/{id}']['get']['responses'][200]['content']['application/json'];
export type Delegate = Pick<
  paths['/api/v1/delegates/{id}']['get']['responses'][200]['content']['application/json'],
  'name' | 'state' | 'tags'
>;
