const QUANTITY = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)$/;
/** From 10^-9 in steps of 1000. */
const DECIMAL = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
/** From 1 in steps of 1024. */
const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const NANO = -9;
/** Numbers with more digits are left as they are: they are too large for a quantity anyway. */
const MAX_DIGITS = 40;

/**
 * A quantity as Kubernetes writes it (`0.1` → `100m`, `1000m` → `1`, `0.5Gi` → `512Mi`): without a fraction, with the largest suffix of its kind
 * that allows for that, what is smaller than a billionth rounded up. A decimal number that needs no other power than its own comes back as it is (`+5`, `33.333`), and so
 * does text that is no quantity. Source: Quantity.CanonicalizeBytes of k8s.io/apimachinery, and what API servers answer.
 */
export function canonicalQuantity(text: string): string {
  const { sign, whole, fraction, exponent, suffix } = partsOf(text);
  if (whole + fraction === '' || whole.length + fraction.length + Math.abs(Number(exponent)) > MAX_DIGITS) return text;
  const isBinary = suffix.endsWith('i');
  const digits = BigInt(whole + fraction);
  const scale = Number(exponent) - fraction.length + (isBinary ? 0 : 3 * DECIMAL.indexOf(suffix) + NANO);
  if (!isBinary && isSettled({ value: digits, scale })) return text;
  const amount = roundedUp(isBinary ? digits * 1024n ** BigInt(BINARY.indexOf(suffix)) : digits, scale);
  if (amount.value === 0n) return '0';
  return `${sign === '-' ? '-' : ''}${isBinary ? binary(amount) : decimal(amount, exponent !== '')}`;
}

function partsOf(text: string): Record<'sign' | 'whole' | 'fraction' | 'exponent' | 'suffix', string> {
  const [, sign = '', whole = '', fraction = '', exponent = '', suffix = ''] = QUANTITY.exec(text) ?? [];
  return { sign, whole, fraction, exponent, suffix };
}

function isSettled({ value, scale }: Amount): boolean {
  return scale >= NANO && scale % 3 === 0 && value % 10n !== 0n;
}

/** `value` × 10^`scale` */
interface Amount {
  readonly value: bigint;
  readonly scale: number;
}

function roundedUp(value: bigint, scale: number): Amount {
  if (scale >= NANO) return { value, scale };
  const divisor = 10n ** BigInt(NANO - scale);
  return { value: (value + divisor - 1n) / divisor, scale: NANO };
}

function binary({ value, scale }: Amount): string {
  const [rest, zeros] = withoutFactors(value, 10n);
  const power = scale + zeros;
  const total = power < 0 ? 0n : rest * 10n ** BigInt(power);
  // Small numbers, and those with a fraction, are shown in powers of ten.
  if (total < 1024n) return decimal({ value, scale }, false);
  const [number, times] = withoutFactors(total, 1024n);
  return `${number}${BINARY[times] ?? ''}`;
}

function decimal({ value, scale }: Amount, withExponent: boolean): string {
  const [rest, zeros] = withoutFactors(value, 10n);
  const power = Math.floor((scale + zeros) / 3) * 3;
  const number = rest * 10n ** BigInt(scale + zeros - power);
  if (withExponent) return `${number}${power === 0 ? '' : `e${power}`}`;
  return `${number}${DECIMAL[(power - NANO) / 3] ?? `e${power}`}`;
}

/** What is left of a number when a factor is taken out of it, and how many times it was. */
function withoutFactors(value: bigint, factor: bigint): [bigint, number] {
  let [rest, times] = [value, 0];
  for (; rest % factor === 0n; times += 1) rest /= factor;
  return [rest, times];
}
