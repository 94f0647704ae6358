import { describe, expect, it } from 'vitest';
import { answered, newMsgid } from './window';

describe('a message id', () => {
  it('says institution and time, and differs within a second', () => {
    const at = new Date('2026-11-22T01:58:41Z');
    const [one, two] = [new Uint8Array(14).fill(0), new Uint8Array(14).fill(35)].map((random) =>
      newMsgid('H42010600001', at, random),
    );
    expect(one).toBe('H4201060000120261122095841' + '0'.repeat(14));
    expect(two).toBe('H4201060000120261122095841' + 'Z'.repeat(14));
    expect(one).toHaveLength(40);
  });
});

describe('an answer', () => {
  const message = { infno: '2304', msgid: 'M1', input: {} };
  it.each([
    [{ infcode: 0, output: { a: 1 } }, true, { a: 1 }],
    [{ infcode: '0', output: null }, true, null],
    [{ infcode: -1, err_msg: '请先签到' }, false, '请先签到'],
    [{ infcode: -1, err_msg: null }, false, '平台未说明原因，请联系医保经办机构'],
    [{ code: 401, message: '签名不一致!' }, false, '接口网关未放行：签名不一致!'],
    [null, false, '平台的应答不符合接口规范，请联系医保经办机构'],
  ])('%j', (value, ok, said) => {
    const outcome = answered(value, message);
    expect(outcome.ok).toBe(ok);
    expect(outcome.ok ? outcome.value : outcome.refusal.message).toEqual(said);
    if (!outcome.ok) expect(outcome.refusal.context).toContain('infno 2304, msgid M1');
  });

  it('that names the same message is no outcome', () => {
    const unknown = (err_msg: string) => {
      const outcome = answered({ infcode: -1, err_msg }, message);
      return outcome.ok ? undefined : outcome.refusal.unknown;
    };
    expect(unknown('结算[1]的结果正在向参保地核实，请用原报文ID重发查询，或办理2601冲正')).toBe(true);
    expect(unknown('平台繁忙，本次发送未受理、未做任何登记，请3秒后用原报文ID重发')).toBe(true);
    expect(unknown('该[2304]交易已被冲正，请用新的报文ID重新办理')).toBe(false);
  });
});
