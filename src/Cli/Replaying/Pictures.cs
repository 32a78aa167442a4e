using Hooks.Cli.Plugins;
using Hooks.Report;
using Hooks.Report.Pictures;

namespace Hooks.Cli.Replaying;

/// <summary><c>run --html PAGE --svg PICTURE</c>: a replay as something to look at.</summary>
/// <param name="Html">Where the page goes; null: none is wanted.</param>
/// <param name="Svg">Where the picture goes; null: none is wanted.</param>
internal sealed record Pictures(string? Html, string? Svg)
{
    /// <summary>Whether any is wanted.</summary>
    public bool Any => Html is not null || Svg is not null;

    /// <summary>Makes them.</summary>
    /// <exception cref="InputException">They cannot be written.</exception>
    public void Write(Replay replay)
    {
        var film = Film.Of($"{replay.File.Shown} on {replay.Kernel.Name}, {replay.Architecture.Name}", replay.File.Case.Workload, replay.Kernel, replay.Architecture);
        if (film.Shots.Count == 0) throw new InputException($"{replay.File.Shown}: has no operations: there is nothing to be seen");
        if (Html is not null) Write("--html", Html, HtmlPage.Of(film, $"{CaseReport.Command} run {PluginSet.ArgumentsFor(replay.File.Name)} --trace"));
        if (Svg is not null) Write("--svg", Svg, SvgPicture.Of(film));
    }

    private static void Write(string option, string file, string text)
    {
        try
        {
            WholeFile.Write(file, text);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new InputException($"{option}: cannot write '{file}': {(e is UnauthorizedAccessException ? "permission denied, or a directory" : e.Message)}");
        }
    }
}
