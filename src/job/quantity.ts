// Amounts as Kubernetes writes them: `64Mi`, `500m`, `1e3`.
// https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
}

/** In its base unit; `NaN` for what is no amount. */
export function parseQuantity(quantity: string | number): number {
  if (typeof quantity === 'number') return quantity
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)([numkMGTPE]?i?)$/.exec(quantity)
  const unit = match === null ? undefined : UNITS[match[2]!]
  return unit === undefined ? Number.NaN : Number(match![1]) * unit
}
