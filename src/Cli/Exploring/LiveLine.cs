using System.Diagnostics;
using System.Globalization;
using Hooks.Cli.Terminal;
using Hooks.Core.Search.Exploring;
using Spectre.Console;

namespace Hooks.Cli.Exploring;

/// <summary>A search while it runs, in a line: one thread searches, another looks on.</summary>
/// <param name="options">How it searches.</param>
internal sealed class LiveLine(ExploreOptions options)
{
    private static readonly TimeSpan RedrawEvery = TimeSpan.FromMilliseconds(200);

    private readonly long _begun = Stopwatch.GetTimestamp();
    private ExploreProgress[] _progress = [default];
    private bool _shrinks;

    /// <summary>How far the search is.</summary>
    public void Report(ExploreProgress progress) => Volatile.Write(ref _progress, [progress]);

    /// <summary>The search has ended, and what it has found is made smaller.</summary>
    public void Shrinks() => Volatile.Write(ref _shrinks, true);

    /// <summary>Runs a search, with the line if there is a terminal for it.</summary>
    /// <param name="screen">Where to.</param>
    /// <param name="live">Whether it is wanted.</param>
    /// <param name="search">The search, which reports.</param>
    public T Watch<T>(Screen screen, bool live, Func<T> search)
    {
        var running = Task.Run(search, CancellationToken.None);
        if (live && screen.CanRedraw) screen.Redraw(() => new Text(Line()), () => ((IAsyncResult)running).AsyncWaitHandle.WaitOne(RedrawEvery));
        return running.GetAwaiter().GetResult();
    }

    private string Line()
    {
        var now = Volatile.Read(ref _progress)[0];
        var seconds = Stopwatch.GetElapsedTime(_begun).TotalSeconds;
        var moves = now.Moves + now.LeftOut;
        var found = now.Broken.Count == 0 ? "" : $"  {now.Broken.Count} broken";
        var rate = Volatile.Read(ref _shrinks) ? "looking for smaller cases" : string.Create(CultureInfo.InvariantCulture, $"{now.States / seconds:N0}/s");
        return string.Create(CultureInfo.InvariantCulture, $"{now.States:N0} states  {rate}  depth {now.Depth}  frontier {now.Frontier:N0}  {ExploreReport.Bounded(options)} {now.Cost}  left out {(moves == 0 ? 0 : 100.0 * now.LeftOut / moves):0} %  {now.Bytes >> 20} MiB{found}");
    }
}
