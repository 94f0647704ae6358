/** Who treats whose people, as the map and its table need it. */

import type { components } from '@/generated/hub';

export interface Flow {
  readonly insured: string;
  readonly insured_name: string;
  readonly treatment: string;
  readonly treatment_name: string;
  readonly settlements: number;
  readonly inpatient: number;
  readonly undone: number;
  readonly total: string;
  readonly fund: string;
  readonly person: string;
}

export const flowsOf = (answer: components['schemas']['Flows'] | undefined): Flow[] =>
  (answer?.pairs ?? []).map((pair) => ({
    insured: pair.insured,
    insured_name: pair.insured_name,
    treatment: pair.treatment,
    treatment_name: pair.treatment_name,
    settlements: pair.figures.settlements,
    inpatient: pair.figures.inpatient,
    undone: pair.figures.undone,
    total: String(pair.figures.total),
    fund: String(pair.figures.fund_total),
    person: String(pair.figures.person_total),
  }));

/** What a choice on the map leaves: all; those of a province; one pair. */
export function chosenFlows(flows: readonly Flow[], chosen: string): Flow[] {
  if (chosen === '') return [...flows];
  if (chosen.includes('-')) {
    const back = chosen.split('-').reverse().join('-');
    // The way back belongs to the pair.
    return flows.filter((flow) => [chosen, back].includes(`${flow.insured}-${flow.treatment}`));
  }
  return flows.filter((flow) => flow.insured === chosen || flow.treatment === chosen);
}
