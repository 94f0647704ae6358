// Ends what plays have started and not ended, once whoever started it is gone: after a crash, ^C, SIGTERM or SIGKILL nodes would go on at their ports.
// Told by lines, `+12345` and `-12345`; the end of them is the end of whoever wrote them.
import { createInterface } from 'node:readline';

const left = new Set();
for await (const line of createInterface({ input: process.stdin })) {
  const process_ = Number(line.slice(1));
  if (line.startsWith('+')) left.add(process_);
  else left.delete(process_);
}

/** Sends a signal to all that are left; how many there are. */
function send(signal) {
  for (const one of left) {
    try {
      process.kill(one, signal);
    } catch {
      left.delete(one);
    }
  }
  return left.size;
}

// Nodes stop their databases first.
send('SIGTERM');
for (let tenths = 0; tenths < 150 && send(0) > 0; tenths += 1) {
  await new Promise((resolve) => setTimeout(resolve, 100));
}
send('SIGKILL');
