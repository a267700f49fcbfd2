/*
 * Welch's t test for two samples of unequal variance (B. L. Welch, Biometrika 34, 1947), with the distribution of t by the
 * continued fraction of the incomplete beta function (Abramowitz and Stegun, 26.5.8 and 26.7.1).
 */

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Variance of a sample: with n − 1. */
const variance = (values: readonly number[]): number => {
  const average = mean(values);
  return values.reduce((sum, value) => sum + (value - average) ** 2, 0) / (values.length - 1);
};

const lanczos = [
  676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406, 12.507343278686905,
  -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
];

/** Logarithm of the gamma function, for x above 0 (Lanczos, g = 7). */
function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const z = x - 1;
  const t = z + 7.5;
  const series = lanczos.reduce((sum, factor, at) => sum + factor / (z + at + 1), 0.9999999999998099);
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(t) - t + Math.log(series);
}

const tiny = 1e-300;
const awayFromZero = (value: number): number => (Math.abs(value) < tiny ? tiny : value);

/** The continued fraction of the incomplete beta function, by Lentz's method; it converges for x below (a + 1) / (a + b + 2). */
function betaFraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / awayFromZero(1 - ((a + b) * x) / (a + 1));
  let result = d;
  for (let m = 1; m <= 500; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    let step = 1;
    for (const term of [even, odd]) {
      d = 1 / awayFromZero(1 + term * d);
      c = awayFromZero(1 + term / c);
      step = c * d;
      result *= step;
    }
    if (Math.abs(step - 1) < 1e-15) break;
  }
  return result;
}

/** The regularised incomplete beta function, x from 0 to 1. */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0 || x >= 1) return x <= 0 ? 0 : 1;
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  return x < (a + 1) / (a + b + 2) ? (front * betaFraction(x, a, b)) / a : 1 - (front * betaFraction(1 - x, b, a)) / b;
}

/** How likely a value of t is to be at least as far from 0, on either side. @param freedom degrees of freedom, above 0 */
export function twoSidedP(t: number, freedom: number): number {
  const square = t * t;
  // Near 0 the one part, far out the other is lost in rounding.
  return square < freedom
    ? 1 - incompleteBeta(square / (freedom + square), 0.5, freedom / 2)
    : incompleteBeta(freedom / (freedom + square), freedom / 2, 0.5);
}

export interface WelchTest {
  readonly t: number;
  /** Degrees of freedom (Welch and Satterthwaite). */
  readonly freedom: number;
  /** How likely so large a difference of means is when there is none; two-sided. */
  readonly p: number;
}

/**
 * Compares the means of two samples. Without any variance the means are different for certain, or the same.
 * @returns null with fewer than two values on a side
 */
export function welch(a: readonly number[], b: readonly number[]): WelchTest | null {
  if (a.length < 2 || b.length < 2) return null;
  const [ea, eb] = [variance(a) / a.length, variance(b) / b.length];
  const difference = mean(b) - mean(a);
  if (ea + eb === 0) {
    const differ = difference !== 0;
    return { t: differ ? Number.POSITIVE_INFINITY : 0, freedom: a.length + b.length - 2, p: differ ? 0 : 1 };
  }
  const t = difference / Math.sqrt(ea + eb);
  const freedom = (ea + eb) ** 2 / (ea ** 2 / (a.length - 1) + eb ** 2 / (b.length - 1));
  return { t, freedom, p: twoSidedP(t, freedom) };
}
