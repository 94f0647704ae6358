import { afterEach, expect, it, vi } from 'vitest';
import { fetchStatement, statementAt } from './statement';

afterEach(() => vi.unstubAllGlobals());

const ID = '420000179523180000000000000002';

function answering(answers: Record<string, () => Response>) {
  const asked: string[] = [];
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
    const line = `${String(init.method)} ${url}`;
    asked.push(line);
    const answer = answers[line];
    if (!answer) throw new Error(`nobody answers ${line}`);
    return Promise.resolve(answer());
  });
  return asked;
}

it('is issued first and fetched then', async () => {
  const at = statementAt.window('H42010600001', ID);
  const asked = answering({
    [`POST ${at}`]: () =>
      Response.json({ number: `JS-${ID}`, code: 'AB12', title: '跨省异地就医直接结算单' }),
    [`GET ${at}/pdf`]: () => new Response('%PDF-'),
  });
  const outcome = await fetchStatement(at);
  expect(asked).toEqual([`POST ${at}`, `GET ${at}/pdf`]);
  expect(outcome.ok && outcome.value.code).toBe('AB12');
  expect(outcome.ok && outcome.value.file.name).toBe(`跨省异地就医直接结算单JS-${ID}.pdf`);
});

it('fetches nothing where none is issued', async () => {
  const at = statementAt.portal(ID);
  const refusal = { code: 'nothing-to-issue', message: '没有可以签发文书的业务记录' };
  const asked = answering({ [`POST ${at}`]: () => Response.json(refusal, { status: 422 }) });
  const outcome = await fetchStatement(at);
  expect(outcome.ok).toBe(false);
  expect(asked).toHaveLength(1);
});
