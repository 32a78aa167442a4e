using Hooks.Cli.Sharing;
using Hooks.Cli.Terminal;
using Hooks.Core.Search;

namespace Hooks.Cli.Checking;

/// <summary>What becomes of an outcome, whoever came to it: cases are saved, it is printed, and said in the exit code.</summary>
internal static class CheckEnd
{
    /// <summary>Does it.</summary>
    /// <param name="screen">Where to.</param>
    /// <param name="options">What was asked for.</param>
    /// <param name="pairs">The pairs, kernel by kernel.</param>
    /// <param name="folder">The folder of the cases.</param>
    /// <param name="kept">What became of the cases of earlier runs.</param>
    /// <exception cref="InputException">Cases or pages cannot be written.</exception>
    public static int Of(Screen screen, CheckOptions options, IReadOnlyList<PairRun> pairs, CaseFolder folder, KeptReport kept)
    {
        PairResult[] results = [.. pairs.Select(p => p.Result).OfType<PairResult>()];
        var unsaved = options.Save ? folder.Save(results.SelectMany(r => r.All())) : null;
        foreach (var file in options.Save ? kept.Fixed : []) unsaved ??= folder.MoveToFixed(file);
        var interrupted = results.Length < pairs.Count || results.Any(r => !r.Complete);
        var exit = interrupted ? ExitCode.Interrupted : results.All(r => r.AsExpected) ? ExitCode.AsExpected : ExitCode.NotAsExpected;
        if (options.Json) screen.Verbatim(CheckJson.Print(options, results, kept, interrupted));
        else if (options.Format == CheckFormat.Text) CheckReport.Print(screen, options, pairs, folder, kept, saved: unsaved is null);
        else screen.Verbatim(Printed(options.Format, Test.Of(pairs, folder), exit));
        if (options.Html is not null) CheckPages.Write(options, pairs, folder, options.Html);
        return unsaved is null ? exit : throw new InputException(unsaved);
    }

    /// <summary>Tests in a format for CI.</summary>
    public static string Printed(CheckFormat format, IReadOnlyList<Test> tests, int exit) => format switch
    {
        CheckFormat.Junit => JunitText.Of(tests),
        CheckFormat.Tap => TapText.Of(tests, interrupted: exit == ExitCode.Interrupted),
        _ => SarifText.Of(tests, exit),
    };
}
