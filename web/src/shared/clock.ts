/** The one place that asks the machine for the time. Everything else is given it. */
export const now = (): Date => new Date(Date.now());
