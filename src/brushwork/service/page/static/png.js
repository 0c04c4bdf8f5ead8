// A text chunk added to a PNG file, as generators do it (PNG specification, sections 5 and 11.3.4.3).

const HEADER_END = 33; // signature 8, IHDR chunk 4 + 4 + 13 + 4

/**
 * @param {Uint8Array} png
 * @param {string} keyword Latin-1
 * @param {string} text Latin-1
 * @returns {Uint8Array<ArrayBuffer>} the file with a tEXt chunk after its header
 */
export function withText(png, keyword, text) {
  const body = Uint8Array.from(`tEXt${keyword}\0${text}`, (c) => c.charCodeAt(0));
  const chunk = new Uint8Array(body.length + 8);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, body.length - 4);
  chunk.set(body, 4);
  view.setUint32(body.length + 4, crc(body));
  const whole = new Uint8Array(png.length + chunk.length);
  whole.set(png.subarray(0, HEADER_END));
  whole.set(chunk, HEADER_END);
  whole.set(png.subarray(HEADER_END), HEADER_END + chunk.length);
  return whole;
}

/** CRC-32 as PNG wants it, bit by bit: the chunks are short. @param {Uint8Array} bytes */
function crc(bytes) {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  }
  return (value ^ 0xffffffff) >>> 0;
}
