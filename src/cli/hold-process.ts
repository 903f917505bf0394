// A command may be waiting for a timer of the Clock, and those do not keep the process alive; this does.

/** Keeps the process alive until disposed. */
export function holdProcess(): Disposable {
  const { port1, port2 } = new MessageChannel()
  port1.ref()
  return {
    [Symbol.dispose]: () => {
      port1.close()
      port2.close()
    },
  }
}
