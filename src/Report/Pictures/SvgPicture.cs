using System.Globalization;
using System.Net;
using System.Text;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;

namespace Hooks.Report.Pictures;

/// <summary>The decisive moment of a run, for mails and pages: the operations before it, a lane for each task, the steps that led there with what they changed, and the machine as it then was.</summary>
public static class SvgPicture
{
    private const int Steps = 14, RowHeight = 18, LaneWidth = 250, ChangesWidth = 420, Margin = 14, MostLetters = 62;

    /// <summary>The picture.</summary>
    /// <param name="film">The run; the moment is the first at which something breaks, or its end.</param>
    public static string Of(Film film)
    {
        ArgumentNullException.ThrowIfNull(film);
        var decisive = Math.Min(film.Shots.TakeWhile(s => s.Breaks.Count == 0).Count(), film.Shots.Count - 1);
        List<Shot> shots = [.. film.Shots.Take(decisive + 1).Where(s => s.Waits is not null || s.Breaks.Count > 0 || Visible(s).Any()).TakeLast(Steps)];
        var width = Margin + (film.Tasks.Count * LaneWidth) + ChangesWidth + Margin;
        var text = new StringBuilder();
        var y = Margin + RowHeight;
        Line(text, Margin, y, film.Title, "font-weight=\"bold\"");
        y += RowHeight + 6;
        for (var t = 0; t < film.Tasks.Count; t++) Line(text, Margin + (t * LaneWidth), y, film.Tasks[t].ToString(), "font-weight=\"bold\" fill=\"#555\"");
        y += 6;
        var last = "";
        foreach (var shot in shots)
        {
            var lane = film.Tasks.ToList().IndexOf(shot.Place.Task);
            var x = Margin + (lane * LaneWidth);
            var operation = $"{shot.Place.Task}#{shot.Place.Ordinal}";
            if (operation != last)
            {
                y += RowHeight;
                Line(text, x, y, CaseText.Print(shot.Place.Op), "font-family=\"monospace\" font-weight=\"bold\"");
                last = operation;
            }

            y += RowHeight;
            var colour = shot.Breaks.Count > 0 ? "#c00" : shot.Waits is not null ? "#996500" : "#000";
            var changes = shot.Waits is not null ? [shot.Waits] : Visible(shot).Take(3).ToList();
            Bars(text, film, shot, y, RowHeight + (Math.Max(0, changes.Count - 1) * (RowHeight - 4)));
            Line(text, x + 22, y, shot.Place.Step.Name + (shot.Waits is null ? "" : " (waits)"), $"fill=\"{colour}\"");
            foreach (var (change, i) in changes.Select((c, i) => (c, i)))
            {
                if (i > 0) y += RowHeight - 4;
                Line(text, Margin + (film.Tasks.Count * LaneWidth), y, Short(change), $"font-size=\"11\" fill=\"#444\"");
            }
        }

        foreach (var broken in film.Shots[decisive].Breaks)
        {
            y += RowHeight + 4;
            Line(text, Margin, y, broken, "fill=\"#c00\" font-weight=\"bold\"");
        }

        y = Scenes(text, film.Shots[decisive].Scene, y + RowHeight);
        return string.Create(CultureInfo.InvariantCulture, $"""
            <svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{y + Margin}" viewBox="0 0 {width} {y + Margin}" font-family="sans-serif" font-size="13">
            <rect width="100%" height="100%" fill="#fff"/>
            {text}</svg>

            """).ReplaceLineEndings("\n");
    }

    private static int Scenes(StringBuilder text, Scene scene, int y)
    {
        foreach (var (title, rows) in new[] { ("pages", scene.Pages), ("page frames", scene.Frames), ("swap slots", scene.Slots) })
        {
            if (rows.Count == 0) continue;
            y += RowHeight + 2;
            Line(text, Margin, y, title, "font-weight=\"bold\" fill=\"#555\"");
            foreach (var row in rows)
            {
                y += RowHeight - 2;
                Line(text, Margin + 10, y, row.Name, "font-weight=\"bold\" font-size=\"12\"");
                Line(text, Margin + 90, y, row.Tags ?? "", "font-family=\"monospace\" font-size=\"12\"");
                Line(text, Margin + 140, y, row.Text + (row.To is null ? "" : $" → {row.To}"), "font-size=\"12\"");
            }
        }

        return y;
    }

    /// <summary>What a step changed of the machine: not the task's own variables.</summary>
    private static IEnumerable<string> Visible(Shot shot) => shot.Changes.Where(c => !shot.IsOwn(c) && !c.StartsWith($"{shot.Place.Task} saw", StringComparison.Ordinal));

    private static void Bars(StringBuilder text, Film film, Shot shot, int y, int height)
    {
        for (var t = 0; t < film.Tasks.Count; t++)
        {
            if (!shot.Held.TryGetValue(film.Tasks[t], out var held)) continue;
            for (var i = 0; i < held.Count && i < 4; i++)
            {
                text.Append(CultureInfo.InvariantCulture, $"<rect x=\"{Margin + (t * LaneWidth) + (i * 5)}\" y=\"{y - RowHeight + 5}\" width=\"3\" height=\"{height}\" fill=\"{ColourOf(held[i].Kind)}\"><title>{WebUtility.HtmlEncode($"{film.Tasks[t]} holds {held[i].Text}")}</title></rect>\n");
            }
        }
    }

    private static string ColourOf(LockKind kind) => kind switch
    {
        LockKind.MmapRead or LockKind.MmapWrite => "#a78bfa",
        LockKind.PageTable => "#3b82f6",
        _ => "#10b981",
    };

    private static string Short(string text) => text.Length <= MostLetters ? text : text[..(MostLetters - 1)] + "…";

    private static void Line(StringBuilder text, int x, int y, string words, string style)
    {
        if (words.Length > 0) text.Append(CultureInfo.InvariantCulture, $"<text x=\"{x}\" y=\"{y}\" {style}>{WebUtility.HtmlEncode(words)}</text>\n");
    }
}
