import SVGCharts

/// The style sheet of a report: light or dark by `prefers-color-scheme`, light in print.
enum ReportStyle {
  /// The CSS text.
  static var css: String {
    """
    \(page)
    \(Theme.light.css)
    @media screen and (prefers-color-scheme: dark) {
    \(colors(dark))
    \(Theme.dark.css)
    }
    @media print { \(print) }
    """
  }

  private static let light: [(String, String)] = [
    ("page", "#f3f5f7"), ("card", "#ffffff"), ("line", "#dfe4e9"), ("text", "#1b2026"), ("muted", "#59636e"),
    ("link", "#005a9c"), ("notice", "#fff4d6"), ("notice-line", "#e0b04a"), ("stripe", "#f6f8fa"),
  ]

  private static let dark: [(String, String)] = [
    ("page", "#0d1117"), ("card", "#161b22"), ("line", "#2b333c"), ("text", "#e8ecf0"), ("muted", "#a4aeb8"),
    ("link", "#79c0ff"), ("notice", "#33290d"), ("notice-line", "#9a7524"), ("stripe", "#1b2129"),
  ]

  private static func colors(_ values: [(String, String)]) -> String {
    ":root{" + values.map { "--\($0):\($1);" }.joined() + "}"
  }

  private static let page = """
    \(colors(light))
    *{box-sizing:border-box}
    html{-webkit-text-size-adjust:100%;scroll-behavior:smooth}
    body{margin:0 auto;max-width:76rem;padding:1.25rem clamp(.75rem,3vw,2rem) 3rem;background:var(--page);color:var(--text);
    font:1rem/1.5 system-ui,-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif}
    h1{font-size:clamp(1.6rem,5vw,2.2rem);line-height:1.2;margin:.5rem 0 0;overflow-wrap:anywhere}
    h2{font-size:1.2rem;margin:0 0 .75rem}
    p{margin:.5rem 0;max-width:46rem;overflow-wrap:anywhere}
    .subtitle,footer,.note{color:var(--muted)}
    .note{font-size:.9rem}
    a{color:var(--link)}
    nav{display:flex;flex-wrap:wrap;gap:.25rem 1.1rem;margin:1rem 0 .25rem}
    nav a{padding:.2rem 0}
    .notice{max-width:none;padding:.6rem .9rem;background:var(--notice);border:1px solid var(--notice-line);border-radius:.5rem}
    .statistics{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.75rem;margin:1.25rem 0}
    .statistic{background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:.75rem 1rem}
    .statistic dt{color:var(--muted);font-size:.9rem}
    .statistic dd{margin:0;color:var(--muted);font-size:.85rem}
    .statistic .value{color:var(--text);font-size:1.5rem;font-weight:600;line-height:1.3}
    section{background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:1.1rem clamp(.8rem,2vw,1.4rem) 1.3rem;margin:1.1rem 0}
    .columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,25rem),1fr));gap:1.25rem 2rem;align-items:start}
    .columns.small{grid-template-columns:repeat(auto-fill,minmax(min(100%,17.5rem),1fr))}
    .columns figure,.columns .scroll{min-width:0}
    figure{margin:0}
    figcaption{font-size:.85rem;color:var(--muted);margin-top:.25rem}
    figcaption a{margin-right:.6rem}
    .chart{display:block;width:100%;height:auto}
    .scroll{overflow-x:auto;max-width:100%}
    table{border-collapse:collapse;font-size:.95rem;font-variant-numeric:tabular-nums}
    th,td{padding:.32rem .7rem;text-align:left;border-bottom:1px solid var(--line);white-space:nowrap}
    th{font-weight:600}
    thead th{color:var(--muted);font-size:.85rem}
    tbody tr:nth-child(even){background:var(--stripe)}
    .number{text-align:right}
    .text{white-space:normal;min-width:7rem;max-width:26rem;overflow-wrap:anywhere;vertical-align:top}
    .images{display:grid;grid-template-columns:repeat(auto-fill,minmax(4.6rem,1fr));gap:.9rem .5rem;padding:0;margin:0;list-style:none}
    .images li{text-align:center;font-size:.85rem;line-height:1.35;color:var(--muted);overflow-wrap:anywhere}
    .images img{display:block;width:4.5rem;margin:0 auto .25rem;image-rendering:pixelated;border-radius:.25rem}
    .images b{color:var(--text);font-size:1rem}
    pre{margin:0;font:.85rem/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
    code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.9em;overflow-wrap:anywhere}
    summary{cursor:pointer;color:var(--link)}
    details{margin-top:.9rem}
    footer{font-size:.9rem;margin-top:1.5rem;overflow-wrap:anywhere}
    """

  private static let print = """
    body{background:#fff;max-width:none;padding:0;font-size:10.5pt}
    section,.statistic{border-color:#ccc;break-inside:avoid}
    section{break-inside:auto}
    figure,tr,.images li{break-inside:avoid}
    nav,figcaption a{display:none}
    .scroll{overflow:visible}
    *{-webkit-print-color-adjust:exact;print-color-adjust:exact}
    """
}
