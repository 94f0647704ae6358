/** The steps of a month's clearing, in their order. */

export const STEPS = [
  { stage: 'closed', words: '月份截止' },
  { stage: 'planned', words: '清分试算' },
  { stage: 'adopted', words: '生成清算表' },
  { stage: 'answered', words: '各省确认' },
  { stage: 'noticed', words: '签发通知书' },
] as const;

export interface Step {
  readonly words: string;
  readonly state: 'done' | 'now' | 'later';
}

/** How far a month is: what it has behind it, what is to be done now, what comes later. */
export function stepsOf(month: {
  stage: string;
  unanswered: readonly string[];
  disputed: readonly string[];
}): Step[] {
  const answered = month.stage === 'adopted' && month.unanswered.length === 0 && month.disputed.length === 0;
  const reached = STEPS.findIndex((step) => step.stage === (answered ? 'answered' : month.stage));
  return STEPS.map((step, at) => ({
    words: step.words,
    state: at <= reached ? 'done' : at === reached + 1 ? 'now' : 'later',
  }));
}
