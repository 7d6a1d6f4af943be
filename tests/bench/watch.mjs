// Runs in the page before its own scripts: sees when a library has drawn. Self-contained, for it is handed over as text.
// window.__bench: drawn (the first frame that has the drawing), painted (the second frame after it), ms since navigation.

/** Waits for `count` series of ours, `points` points of a peer. */
export function watch({ kind, count }) {
  const bench = { painted: 0, drawn: 0, work: [], heard: [], released: 0, rested: 0 };
  window.__bench = bench;
  const frame = window.requestAnimationFrame.bind(window);
  bench.frame = () => new Promise(frame);
  bench.frames = async (many) => {
    for (let i = 0; i < many; i++) await bench.frame();
  };
  const done = async (drawn) => {
    if (bench.drawn > 0) return;
    bench.drawn = drawn;
    await bench.frames(2);
    bench.painted = performance.now();
  };

  /** Looks at every frame until `see` gives something. */
  const look = (see) => frame(() => {
    let found;
    try {
      found = see();
    } catch {
      found = undefined; // half made
    }
    if (found) void done(performance.now());
    else look(see);
  });

  const watchOurs = () => {
    // All callbacks of one frame have the same time: together they are the work of that frame.
    window.requestAnimationFrame = (callback) => frame((time) => {
      const start = performance.now();
      try {
        callback(time);
      } finally {
        const last = bench.work.at(-1);
        const took = performance.now() - start;
        if (last?.time === time) last.took += took;
        else bench.work.push({ time, took });
      }
    });
    window.WebSocket = class extends WebSocket {
      constructor(...all) {
        super(...all);
        this.addEventListener('message', () => bench.heard.push(performance.timeOrigin + performance.now()));
      }
    };
    window.addEventListener('pointerup', () => {
      bench.released = performance.now();
      bench.rested = 0;
      setTimeout(() => void window.__charts.ready().then(() => (bench.rested = performance.now())));
    }, true);
    const complete = () => window.__charts.drawn().filter((one) => one.points > 0).length >= count;
    const settle = async () => {
      for (;;) {
        await window.__charts.ready(); // with two frames of its own
        if (complete()) break;
        await bench.frame();
      }
      bench.painted = performance.now();
    };
    let probe;
    Object.defineProperty(window, '__charts', { configurable: true, get: () => probe, set: (value) => {
      probe = value;
      void settle();
    } });
    bench.points = () => probe.drawn().reduce((sum, one) => sum + one.points, 0);
    bench.range = () => probe.range();
    /** Resolves with the time of the first frame that shows `x` and what lies before it. */
    bench.shows = async (x) => {
      const start = performance.now();
      while ((probe.drawn()[0]?.x?.[1] ?? -Infinity) < x) {
        await bench.frame();
        if (performance.now() - start > 20_000) throw new Error('a change does not come to the page');
      }
      return performance.timeOrigin + performance.now();
    };
  };

  const watchPlotly = () => {
    let plotly;
    const watched = (draw) => function drawing(...all) {
      const promise = draw.apply(this, all);
      void Promise.resolve(promise).then((plot) => {
        bench.plot = plot;
        return done(performance.now());
      });
      return promise;
    };
    Object.defineProperty(window, 'Plotly', { configurable: true, get: () => plotly, set: (value) => {
      plotly = Object.create(value, { newPlot: { value: watched(value.newPlot) }, react: { value: watched(value.react) } });
    } });
    const text = (ms) => new Date(ms).toISOString().slice(0, -1).replace('T', ' ');
    bench.zoom = (from, to) => plotly.relayout(bench.plot, { 'xaxis.range[0]': text(from), 'xaxis.range[1]': text(to) });
    bench.points = () => bench.plot.calcdata[0].length;
  };

  const watchDygraphs = () => {
    let graph;
    look(() => {
      const element = document.querySelector('.dygraphs');
      const found = element && window.HTMLWidgets?.getInstance(element)?.dygraph;
      graph = found && found.is_initial_draw_ === false && found.numRows() >= count ? found : undefined;
      return graph;
    });
    bench.zoom = (from, to) => graph.updateOptions({ dateWindow: [from, to] });
    bench.points = () => graph.numRows();
  };

  ({ ours: watchOurs, plotly: watchPlotly, dygraphs: watchDygraphs })[kind]();
}
