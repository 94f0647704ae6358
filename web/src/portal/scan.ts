/** What a QR code on a photograph says. It is read in this page; the photograph goes nowhere. */

/** Photographs are larger than it takes, and a code that is small in one is found in a larger one. */
const SIDES = [1000, 1800, 500] as const;

/** The text of the code; nothing if there is none to be read. */
export async function readCode(photograph: Blob): Promise<string | undefined> {
  const [{ default: decode }, image] = await Promise.all([
    import('qr/decode.js'),
    createImageBitmap(photograph),
  ]);
  try {
    const canvas = document.createElement('canvas');
    const drawing = canvas.getContext('2d', { willReadFrequently: true });
    if (drawing === null) return undefined;
    for (const side of SIDES) {
      const scale = Math.min(1, side / Math.max(image.width, image.height));
      canvas.width = Math.max(1, Math.round(image.width * scale));
      canvas.height = Math.max(1, Math.round(image.height * scale));
      drawing.drawImage(image, 0, 0, canvas.width, canvas.height);
      try {
        return decode(drawing.getImageData(0, 0, canvas.width, canvas.height));
      } catch {
        // None is found at this size.
      }
    }
    return undefined;
  } finally {
    image.close();
  }
}
