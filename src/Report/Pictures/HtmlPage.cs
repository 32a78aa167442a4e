using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;

namespace Hooks.Report.Pictures;

/// <summary>
/// A run as a page that opens offline, on its own: a lane for each task, steps in order, locks held as bars beside them; and, beside the lanes, the machine after the step
/// under the cursor: page table entries, page frames with their tags, slots with the tags saved for them. Without scripts, and printed, it is the list of steps and changes.
/// </summary>
public static class HtmlPage
{
    /// <summary>The page.</summary>
    /// <param name="film">The run.</param>
    /// <param name="command">How to see it as text.</param>
    /// <param name="back">The page that leads here; null: none.</param>
    public static string Of(Film film, string command, string? back = null)
    {
        ArgumentNullException.ThrowIfNull(film);
        var decisive = film.Shots.TakeWhile(s => s.Breaks.Count == 0).Count();
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{Html(film.Title)}</title>\n<style>{Style}</style></head>\n<body>\n");
        if (back is not null) text.Append(CultureInfo.InvariantCulture, $"<p class=\"help\"><a href=\"{Html(back)}\">← all bugs</a></p>\n");
        text.Append(CultureInfo.InvariantCulture, $"<h1>{Html(film.Title)}</h1>\n");
        text.Append("<p class=\"help\">↑ ↓ or j k: a step back or on · n: to what breaks · Home, End · click a step. Bars beside a lane: locks held.</p>\n<div class=\"both\">\n<table class=\"film\"><thead><tr><th>step</th>");
        foreach (var task in film.Tasks) text.Append(CultureInfo.InvariantCulture, $"<th>{task}</th>");
        text.Append("<th class=\"changes\">changes</th></tr></thead>\n<tbody>\n");
        var last = ("", -1);
        for (var i = 0; i < film.Shots.Count; i++)
        {
            var shot = film.Shots[i];
            var operation = (shot.Place.Task.ToString(), shot.Place.Ordinal);
            Row(text, film, shot, i, begins: operation != last);
            last = operation;
        }

        text.Append("</tbody></table>\n<div class=\"machine\" aria-live=\"polite\"><h2 id=\"at\"></h2><div id=\"scene\"></div></div>\n</div>\n");
        text.Append(CultureInfo.InvariantCulture, $"<p class=\"help\">As text: <code>{Html(command)}</code></p>\n");
        text.Append(CultureInfo.InvariantCulture, $"<script type=\"application/json\" id=\"scenes\">{JsonSerializer.Serialize(film.Shots.Select(SceneHtml).ToList()).Replace("</", "<\\/", StringComparison.Ordinal)}</script>\n");
        text.Append(CultureInfo.InvariantCulture, $"<script>const decisive = {Math.Min(decisive, film.Shots.Count - 1)};{Script}</script>\n</body></html>\n");
        return text.ToString();
    }

    private static void Row(StringBuilder text, Film film, Shot shot, int number, bool begins)
    {
        var kind = shot.Breaks.Count > 0 ? "breaks" : shot.Waits is not null ? "waits" : "";
        if (begins)
        {
            text.Append(CultureInfo.InvariantCulture, $"<tr class=\"op\"><td></td>");
            foreach (var task in film.Tasks) text.Append(task == shot.Place.Task ? $"<td>{Html(CaseText.Print(shot.Place.Op))}</td>" : "<td></td>");
            text.Append("<td class=\"changes\"></td></tr>\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"<tr id=\"s{number}\" class=\"step {kind}\" tabindex=\"-1\"><td class=\"n\">{number + 1}</td>");
        foreach (var task in film.Tasks)
        {
            var locks = shot.Held.TryGetValue(task, out var held) ? held : [];
            var bars = string.Concat(locks.Select(l => $"<i class=\"bar {BarOf(l.Kind)}\" title=\"{task} holds {Html(l.Text)}\"></i>"));
            var what = task != shot.Place.Task ? ""
                : $"<b title=\"{Html($"{shot.Place.Step.Source}; {shot.Place.Step.Era}")}\">{Html(shot.Place.Step.Name)}</b><small>{Html(Core.Paths.PathNames.KernelName(shot.Place.Path))}()</small>{(shot.Waits is null ? "" : $"<em>{Html(shot.Waits)}</em>")}";
            text.Append(CultureInfo.InvariantCulture, $"<td class=\"lane\"><span class=\"bars\">{bars}</span>{what}</td>");
        }

        var lines = shot.Changes.Select(c => $"<li{(shot.IsOwn(c) ? " class=\"own\"" : "")}>{Html(c)}</li>").Concat(shot.Breaks.Select(b => $"<li class=\"broken\">{Html(b)}</li>"));
        text.Append(CultureInfo.InvariantCulture, $"<td class=\"changes\"><ul>{string.Concat(lines)}</ul></td></tr>\n");
    }

    private static string BarOf(LockKind kind) => kind switch
    {
        LockKind.MmapRead => "mmr",
        LockKind.MmapWrite => "mmw",
        LockKind.PageTable => "ptl",
        _ => "folio",
    };

    private static string SceneHtml(Shot shot)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"<!--{shot.Place.Task}#{shot.Place.Ordinal} {Html(shot.Place.Step.Name)}-->");
        Table(text, "pages", shot.Scene.Pages);
        Table(text, "page frames", shot.Scene.Frames);
        Table(text, "swap slots", shot.Scene.Slots);
        foreach (var (task, locks) in shot.Held.OrderBy(h => h.Key.Value)) text.Append(CultureInfo.InvariantCulture, $"<p><b>{task}</b> holds {Html(string.Join("; ", locks.Select(l => l.Text)))}</p>");
        foreach (var broken in shot.Breaks) text.Append(CultureInfo.InvariantCulture, $"<p class=\"broken\">{Html(broken)}</p>");
        return text.ToString();
    }

    private static void Table(StringBuilder text, string title, IReadOnlyList<SceneRow> rows)
    {
        text.Append(CultureInfo.InvariantCulture, $"<h3>{title}</h3><table>");
        foreach (var row in rows)
        {
            var tags = row.Tags is null ? "" : string.Concat(row.Tags.Select(t => $"<span class=\"tag t{t}\">{t}</span>"));
            text.Append(CultureInfo.InvariantCulture, $"<tr><th>{Html(row.Name)}</th><td>{tags}</td><td>{Html(row.Text)}{(row.To is null ? "" : $" → <b>{Html(row.To)}</b>")}</td></tr>");
        }

        text.Append(rows.Count == 0 ? "<tr><td>none</td></tr></table>" : "</table>");
    }

    private static string Html(string text) => WebUtility.HtmlEncode(text);

    private const string Style = """

        :root { color-scheme: light dark; --line: #8886; --on: #ffd86b55; --bad: #d33; --quiet: #888; }
        body { font: 14px/1.35 system-ui, sans-serif; margin: 1rem; }
        h1 { font-size: 1.15rem; margin: 0 0 .3rem; } h2 { font-size: 1rem; margin: 0 0 .4rem; } h3 { font-size: .85rem; margin: .7rem 0 .1rem; color: var(--quiet); }
        .help { color: var(--quiet); margin: .2rem 0 .6rem; } .both { display: flex; gap: 1.2rem; align-items: flex-start; }
        table { border-collapse: collapse; } .film { flex: 1 1 auto; } .film th { position: sticky; top: 0; background: Canvas; text-align: left; border-bottom: 2px solid var(--line); }
        .film td { vertical-align: top; padding: 1px 6px; border-bottom: 1px solid #8882; } .n { color: var(--quiet); text-align: right; }
        .op td { padding-top: .6rem; font-family: ui-monospace, monospace; font-weight: 600; } .lane { min-width: 12rem; position: relative; padding-left: 26px !important; }
        .bars { position: absolute; left: 2px; top: 0; bottom: 0; display: flex; gap: 2px; } .bar { width: 4px; height: 100%; display: block; }
        .ptl { background: #3b82f6; } .folio { background: #10b981; } .mmr { background: #c4b5fd; } .mmw { background: #7c3aed; }
        .lane small { color: var(--quiet); margin-left: .5em; } .lane em { display: block; color: #b8860b; } .changes ul { margin: 0; padding: 0; list-style: none; font-size: 12px; }
        .own { color: var(--quiet); } .step { cursor: pointer; } .step:hover, .step.on { background: var(--on); outline: none; } .breaks b, .broken { color: var(--bad); font-weight: 600; }
        .machine { flex: 0 0 27rem; position: sticky; top: .5rem; max-height: 96vh; overflow: auto; border: 1px solid var(--line); border-radius: 6px; padding: .6rem .8rem; }
        .machine th { text-align: left; font-weight: 600; padding-right: .7rem; white-space: nowrap; } .machine td { padding: 1px .5rem 1px 0; vertical-align: top; font-size: 13px; }
        .tag { display: inline-block; width: 1.05em; text-align: center; font-family: ui-monospace, monospace; border-radius: 2px; margin-right: 1px; background: #8883; }
        .t1, .t9 { background: #60a5fa88; } .t2, .ta { background: #34d39988; } .t3, .tb { background: #fbbf2488; } .t4, .tc { background: #f472b688; } .t5, .td { background: #a78bfa88; } .t6, .te { background: #fb923c88; } .t7, .tf { background: #9ca3af88; }
        @media print { .machine, .help { display: none; } .both { display: block; } .film th { position: static; } }

        """;

    private const string Script = """

        const scenes = JSON.parse(document.getElementById('scenes').textContent);
        let at = -1;
        function show(i, scroll = true) {
          if (i < 0 || i >= scenes.length) return;
          document.getElementById('s' + at)?.classList.remove('on');
          at = i;
          const row = document.getElementById('s' + at);
          row.classList.add('on');
          if (scroll) row.scrollIntoView({ block: 'nearest' });
          document.getElementById('at').textContent = 'after step ' + (at + 1) + ' of ' + scenes.length;
          document.getElementById('scene').innerHTML = scenes[at];
        }
        document.querySelectorAll('.step').forEach(row => row.addEventListener('click', () => show(+row.id.slice(1))));
        document.addEventListener('keydown', e => {
          const to = { ArrowDown: at + 1, j: at + 1, ArrowUp: at - 1, k: at - 1, Home: 0, End: scenes.length - 1, n: decisive }[e.key];
          if (to === undefined || e.ctrlKey || e.metaKey || e.altKey) return;
          e.preventDefault();
          show(to);
        });
        show(decisive, false);

        """;
}
