const interval = 50;

/**
 * A function that lets the event loop turn if it has not done so for 50 ms: progress bars, timers and Ctrl-C handlers get
 * their turn during a long computation, and a short one is not slowed down.
 */
export function pacer(): () => Promise<void> | undefined {
  let last = performance.now();
  return () => {
    if (performance.now() - last < interval) return undefined;
    return new Promise<void>((resolve) => {
      const resume = () => {
        last = performance.now();
        resolve();
      };
      if (typeof setImmediate === "function") setImmediate(resume);
      else setTimeout(resume, 0);
    });
  };
}
