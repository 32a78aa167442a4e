using System.Globalization;
using System.Net;
using System.Text;

namespace Hooks.Report.Pictures;

/// <summary>What a check has come to for a kernel on an architecture: a cell of the table.</summary>
/// <param name="Kernel">The kernel.</param>
/// <param name="Arch">The architecture.</param>
/// <param name="Text">The words in the cell.</param>
/// <param name="Looks"><c>good</c>, <c>known</c>, <c>bad</c> or <c>quiet</c>.</param>
public sealed record CheckCell(string Kernel, string Arch, string Text, string Looks);

/// <summary>A bug that a check has found: one invariant, broken by one smallest case.</summary>
/// <param name="Title">The invariant, and whether it is a race.</param>
/// <param name="IsNew">Whether somebody has it of whom it is not expected.</param>
/// <param name="Sentence">What is lost.</param>
/// <param name="Case">The smallest case.</param>
/// <param name="Picture">The decisive moment, as SVG; null if there is none to show.</param>
/// <param name="Page">The page that shows it step by step.</param>
/// <param name="Command">How to see it as text.</param>
/// <param name="Where">The kernels and architectures that have it.</param>
/// <param name="WhereText">The same in words.</param>
public sealed record CheckBug(string Title, bool IsNew, string Sentence, string Case, string? Picture, string Page, string Command, IReadOnlyList<(string Kernel, string Arch)> Where, string WhereText);

/// <summary>
/// The outcome of a check as a page that opens offline: the table of kernels and architectures, and the bugs. A click on a cell, a kernel or an architecture leaves its bugs; without scripts, and printed, it is the whole list.
/// </summary>
public static class CheckPage
{
    /// <summary>The page.</summary>
    /// <param name="summary">What it comes to, a sentence.</param>
    /// <param name="cells">The table, kernel by kernel.</param>
    /// <param name="bugs">The bugs.</param>
    public static string Of(string summary, IReadOnlyList<CheckCell> cells, IReadOnlyList<CheckBug> bugs)
    {
        ArgumentNullException.ThrowIfNull(cells);
        ArgumentNullException.ThrowIfNull(bugs);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>hooks check</title>\n<style>{Style}</style></head>\n<body>\n");
        text.Append(CultureInfo.InvariantCulture, $"<h1>hooks check</h1>\n<p>{Html(summary)}</p>\n");
        text.Append("<p class=\"help\">Click a cell, a kernel or an architecture for its bugs · Tab and Enter do it too · Esc: all</p>\n");
        Table(text, cells);
        text.Append(CultureInfo.InvariantCulture, $"<h2><span id=\"shown\">{bugs.Count}</span> of {bugs.Count} bugs<span id=\"of\"></span></h2>\n");
        foreach (var bug in bugs) Bug(text, bug);
        text.Append(CultureInfo.InvariantCulture, $"<script>{Script}</script>\n</body></html>\n");
        return text.ToString();
    }

    private static void Table(StringBuilder text, IReadOnlyList<CheckCell> cells)
    {
        string[] archs = [.. cells.Select(c => c.Arch).Distinct(StringComparer.Ordinal)];
        text.Append("<table><thead><tr><th></th>");
        foreach (var arch in archs) text.Append(CultureInfo.InvariantCulture, $"<th>{Button("", arch, arch, "")}</th>");
        text.Append("</tr></thead>\n<tbody>\n");
        foreach (var row in cells.GroupBy(c => c.Kernel))
        {
            text.Append(CultureInfo.InvariantCulture, $"<tr><th>{Button(row.Key, "", row.Key, "")}</th>");
            foreach (var cell in row) text.Append(CultureInfo.InvariantCulture, $"<td>{Button(cell.Kernel, cell.Arch, cell.Text, cell.Looks)}</td>");
            text.Append("</tr>\n");
        }

        text.Append("</tbody></table>\n");
    }

    private static string Button(string kernel, string arch, string words, string looks) =>
        $"<button type=\"button\" class=\"{looks}\" data-kernel=\"{Html(kernel)}\" data-arch=\"{Html(arch)}\" aria-pressed=\"false\">{Html(words)}</button>";

    private static void Bug(StringBuilder text, CheckBug bug)
    {
        var where = string.Join(' ', bug.Where.Select(w => $"{w.Kernel}/{w.Arch}"));
        text.Append(CultureInfo.InvariantCulture, $"<section class=\"bug\" data-where=\"{Html(where)}\"><h3>{(bug.IsNew ? "<b class=\"new\">NEW</b> " : "")}<a href=\"{Html(bug.Page)}\">{Html(bug.Title)}</a></h3>\n");
        text.Append(CultureInfo.InvariantCulture, $"<p>{Html(bug.Sentence)} <span class=\"where\">{Html(bug.WhereText)}</span></p>\n<div class=\"both\"><pre>{Html(bug.Case)}</pre>");
        if (bug.Picture is not null) text.Append(CultureInfo.InvariantCulture, $"<details{(bug.IsNew ? " open" : "")}><summary>the decisive moment</summary>{bug.Picture}</details>");
        text.Append(CultureInfo.InvariantCulture, $"</div>\n<p class=\"help\"><a href=\"{Html(bug.Page)}\">step by step</a> · as text: <code>{Html(bug.Command)}</code></p></section>\n");
    }

    private static string Html(string text) => WebUtility.HtmlEncode(text);

    private const string Style = """

        :root { color-scheme: light dark; --line: #8886; --quiet: #888; --bad: #d33; }
        body { font: 14px/1.4 system-ui, sans-serif; margin: 1rem auto; max-width: 70rem; padding: 0 1rem; }
        h1 { font-size: 1.25rem; margin: 0; } h2 { font-size: 1.05rem; margin: 1.4rem 0 .4rem; } h3 { font-size: 1rem; margin: 0; }
        p { margin: .3rem 0; } .help, .where { color: var(--quiet); } .help { font-size: 13px; }
        table { border-collapse: collapse; margin: .6rem 0; } th { text-align: left; font-weight: 600; } td, th { border: 1px solid var(--line); padding: 0; }
        button { all: unset; display: block; box-sizing: border-box; width: 100%; padding: .15rem .7rem; cursor: pointer; white-space: nowrap; }
        button:hover { background: #8883; } button:focus-visible { outline: 2px solid #3b82f6; outline-offset: -2px; } button[aria-pressed=true] { box-shadow: inset 0 0 0 2px #3b82f6; }
        .good { background: #10b98133; } .known { background: #fbbf2433; } .bad { background: #dd333355; font-weight: 600; } .quiet { color: var(--quiet); }
        .bug { border: 1px solid var(--line); border-radius: 6px; padding: .6rem .9rem; margin: .7rem 0; break-inside: avoid; } .new { color: var(--bad); }
        .both { display: flex; flex-wrap: wrap; gap: 1.2rem; align-items: flex-start; } pre { margin: .3rem 0; font-size: 13px; } details { flex: 1 1 24rem; } details svg { max-width: 100%; height: auto; background: #fff; }
        summary { cursor: pointer; color: var(--quiet); } code { font-size: 12px; overflow-wrap: anywhere; } [hidden] { display: none; }
        @media print { .help { display: none; } }

        """;

    private const string Script = """

        const bugs = [...document.querySelectorAll('.bug')], buttons = [...document.querySelectorAll('button')];
        function show(kernel, arch) {
          let shown = 0;
          for (const bug of bugs) {
            bug.hidden = !bug.dataset.where.split(' ').some(w => (!kernel || w.startsWith(kernel + '/')) && (!arch || w.endsWith('/' + arch)));
            if (!bug.hidden) shown++;
          }
          for (const b of buttons) b.setAttribute('aria-pressed', (kernel || arch) && b.dataset.kernel === kernel && b.dataset.arch === arch ? 'true' : 'false');
          document.getElementById('shown').textContent = shown;
          document.getElementById('of').textContent = kernel || arch ? ': ' + [kernel, arch].filter(x => x).join(' on ') : '';
        }
        for (const b of buttons) b.addEventListener('click', () => b.getAttribute('aria-pressed') === 'true' ? show('', '') : show(b.dataset.kernel, b.dataset.arch));
        document.addEventListener('keydown', e => { if (e.key === 'Escape') show('', ''); });

        """;
}
