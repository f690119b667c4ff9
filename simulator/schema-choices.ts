import type { Choice } from './schema.ts';

export const approvalChoices = list(
  ['not requested', 'Not Yet Requested'],
  ['requested', 'Requested'],
  ['approved', 'Approved'],
  ['rejected', 'Rejected'],
  ['cancelled', 'Cancelled'],
  ['not_required', 'No Longer Required'],
  ['skipped', 'Skipped'],
);

export const taskStates = list(
  ['-5', 'Pending'],
  ['1', 'Open'],
  ['2', 'Work in Progress'],
  ['3', 'Closed Complete'],
  ['4', 'Closed Incomplete'],
  ['7', 'Closed Skipped'],
);

export const changeStates = list(
  ['-5', 'New'],
  ['-4', 'Assess'],
  ['-3', 'Authorize'],
  ['-2', 'Scheduled'],
  ['-1', 'Implement'],
  ['0', 'Review'],
  ['3', 'Closed'],
  ['4', 'Canceled'],
);

export const changeTaskStates = list(
  ['-5', 'Pending'],
  ['1', 'Open'],
  ['2', 'In Progress'],
  ['3', 'Closed'],
  ['4', 'Canceled'],
);

export const incidentStates = list(
  ['1', 'New'],
  ['2', 'In Progress'],
  ['3', 'On Hold'],
  ['6', 'Resolved'],
  ['7', 'Closed'],
  ['8', 'Canceled'],
);

export const holdReasons = list(
  ['1', 'Awaiting Caller'],
  ['5', 'Awaiting Change'],
  ['3', 'Awaiting Problem'],
  ['4', 'Awaiting Vendor'],
);

export const problemStates = list(
  ['101', 'New'],
  ['102', 'Assess'],
  ['103', 'Root Cause Analysis'],
  ['104', 'Fix in Progress'],
  ['106', 'Resolved'],
  ['107', 'Closed'],
);

export const changeTypes = list(['normal', 'Normal'], ['standard', 'Standard'], ['emergency', 'Emergency']);

export const changeCategories = list(
  ['Hardware', 'Hardware'],
  ['Software', 'Software'],
  ['Service', 'Service'],
  ['System Software', 'System Software'],
  ['Network', 'Network'],
  ['DevOps', 'DevOps'],
  ['Other', 'Other'],
);

export const changeCloseCodes = list(
  ['successful', 'Successful'],
  ['successful_issues', 'Successful with issues'],
  ['unsuccessful', 'Unsuccessful'],
);

export const incidentCloseCodes = list(
  ['Solved (Permanently)', 'Solved (Permanently)'],
  ['Solved (Work Around)', 'Solved (Work Around)'],
  ['Not Solved (Not Reproducible)', 'Not Solved (Not Reproducible)'],
  ['Closed/Resolved by Caller', 'Closed/Resolved by Caller'],
);

export const incidentCategories = list(
  ['inquiry', 'Inquiry / Help'],
  ['software', 'Software'],
  ['hardware', 'Hardware'],
  ['network', 'Network'],
  ['database', 'Database'],
);

export const changeTaskTypes = list(
  ['planning', 'Planning'],
  ['implementation', 'Implementation'],
  ['testing', 'Testing'],
  ['review', 'Review'],
);

export const gateStates = list(['1', 'Waiting'], ['2', 'Open'], ['3', 'Shut']);

export const highMediumLow = list(['1', '1 - High'], ['2', '2 - Medium'], ['3', '3 - Low']);

export const priorities = list(
  ['1', '1 - Critical'],
  ['2', '2 - High'],
  ['3', '3 - Moderate'],
  ['4', '4 - Low'],
  ['5', '5 - Planning'],
);

export const risks = list(['2', 'High'], ['3', 'Moderate'], ['4', 'Low']);

export const escalations = list(['0', 'Normal'], ['1', 'Moderate'], ['2', 'High'], ['3', 'Overdue']);

export const environments = list(['production', 'Production'], ['staging', 'Staging'], ['test', 'Test']);

function list(...pairs: readonly (readonly [string, string])[]): readonly Choice[] {
  return pairs.map(([value, label]) => ({ value, label }));
}
