// Which kinds a cluster serves, and under which paths. What it said is remembered for a while; what it did not have is
// asked for again soon, since definitions come while we run.
// https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api

import type { Clock } from '../base/index.ts'
import { isKubeError, type KubeType } from '../objects/index.ts'
import type { ClusterLink } from './cluster-link.ts'
import { KNOWN_KIND_MS, UNKNOWN_KIND_MS } from './limits.ts'

export interface ServedKind {
  /** `/api/v1`, `/apis/batch/v1`. */
  readonly root: string
  readonly plural: string
  readonly namespaced: boolean
}

interface Group {
  readonly kinds: Promise<ReadonlyMap<string, ServedKind>>
  /** Monotonic. */
  readonly askedAt: number
}

export class Discovery {
  readonly #link: ClusterLink
  readonly #clock: Clock
  readonly #groups = new Map<string, Group>()

  constructor(link: ClusterLink, clock: Clock) {
    this.#link = link
    this.#clock = clock
  }

  /** Undefined for a kind that the cluster does not serve. */
  async find({ apiVersion, kind }: KubeType): Promise<ServedKind | undefined> {
    const now = this.#clock.monotonic()
    const known = this.#groups.get(apiVersion)
    if (known !== undefined) {
      const served = (await known.kinds).get(kind)
      const age = now - known.askedAt
      if (age < (served === undefined ? UNKNOWN_KIND_MS : KNOWN_KIND_MS)) return served
    }
    return (await this.#ask(apiVersion, now)).get(kind)
  }

  #ask(apiVersion: string, askedAt: number): Group['kinds'] {
    const group: Group = { kinds: this.#read(apiVersion), askedAt }
    this.#groups.set(apiVersion, group)
    group.kinds.catch(() => {
      if (this.#groups.get(apiVersion) === group) this.#groups.delete(apiVersion)
    })
    return group.kinds
  }

  async #read(apiVersion: string): Promise<ReadonlyMap<string, ServedKind>> {
    const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
    try {
      const { body } = await this.#link.call({ method: 'GET', path: root })
      const { resources = [] } = body as { resources?: readonly Resource[] }
      return new Map(
        resources
          .filter(({ name }) => !name.includes('/'))
          .map(({ name, kind, namespaced }) => [kind, { root, plural: name, namespaced }]),
      )
    } catch (error) {
      if (isKubeError(error, 'NotFound')) return new Map()
      throw error
    }
  }
}

interface Resource {
  readonly name: string
  readonly kind: string
  readonly namespaced: boolean
}
