using System.Diagnostics;
using System.Globalization;
using System.Text;
using Hooks.Cli;
using Hooks.Cli.Catalogues;
using Hooks.Cli.Replaying;
using Hooks.Cli.Terminal;
using Hooks.Core.Workloads;
using Xunit;
using Xunit.Abstractions;

namespace Hooks.Snapshots.Cli;

/// <summary>
/// Cases of the docs, mutated: whatever is in a file, it is run or refused with a message that is no longer than it need be, in little time and memory. HOOKS_MUTATED_CASES=1000000 for more; the figure is in docs/performance.md.
/// </summary>
public sealed class MutatedCasesTests(ITestOutputHelper output) : IDisposable
{
    private const int Usual = 2000;
    private const ulong Seed = 20261126;
    private const int LongestMessage = 4000;
    private const int MostText = 16 << 20;
    private const long MostMemory = 200L << 20;

    /// <summary>Of the processor's time, whatever else the machine does, of a run that is asked for: in a usual one other tests take theirs beside.</summary>
    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(1);

    private static readonly string[] Words = ["kernel", "arch", "swap", "zram", "disk", "slots=", "fails", "at", "until", "go", "together", "expect", "kswapd", "P0", "P3", "P9", "P0.1", "P0.7", "a", "d", "e", "map", "write", "pageout", "swapoff", "fork", "exit", "reclaim", "do_swap_page.SetPteAt#2", "99999999999999999999", "-1", "0", "#", "\t", "\r", "\0", "ä", "\u2028", "😀", "'", "\"", "=", ":", "\n"];

    private readonly OwnFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Whatever_is_in_a_case_file_it_is_run_or_refused()
    {
        var many = int.TryParse(Environment.GetEnvironmentVariable("HOOKS_MUTATED_CASES"), NumberStyles.None, CultureInfo.InvariantCulture, out var asked);
        byte[][] cases = [.. Directory.EnumerateFiles(Docs, "*.case", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];
        Assert.True(cases.Length > 20);
        var file = Path.Combine(_folder.Path, "mutated.case");
        var choices = new Choices(0UL);
        var (run, refused, longest, dearest) = (0, 0, TimeSpan.Zero, 0L);
        using var process = Process.GetCurrentProcess();
        using var screen = Screen.Plain(TextWriter.Null, TextWriter.Null, TextReader.Null);
        for (var i = 0; i < (many ? asked : Usual); i++)
        {
            choices.Reset(Choices.SeedOf(Seed, i));
            var bytes = Mutated(cases, choices);
            File.WriteAllBytes(file, bytes);
            var (begun, before) = (process.TotalProcessorTime, GC.GetAllocatedBytesForCurrentThread());
            try
            {
                var read = CaseFile.Read(file, TextReader.Null, kernelMatters: true, archMatters: true);
                ReplayReport.Print(screen, Replay.Of(read, Names.Kernel(read.Case.Kernel), Names.Architecture(read.Case.Arch), steps: false), trace: false);
                run++;
            }
            catch (Exception e) when (e is InputException or CaseSyntaxException)
            {
                refused++;
                Assert.True(e.Message.Length < LongestMessage, $"{i}: a message of {e.Message.Length} characters");
            }
            catch (Exception e) when (e is not Xunit.Sdk.XunitException)
            {
                Assert.Fail($"case {i} of seed {Seed}: {e}\n{Encoding.UTF8.GetString(bytes)}");
            }

            process.Refresh();
            var took = process.TotalProcessorTime - begun;
            var memory = GC.GetAllocatedBytesForCurrentThread() - before;
            if (took > longest) longest = took;
            if (memory > dearest) dearest = memory;
            Assert.True(memory < MostMemory, $"case {i} of seed {Seed}: {memory >> 20} MiB; {Kept(bytes)}");
            if (many) Assert.True(took < MostTime, $"case {i} of seed {Seed}: {took.TotalMilliseconds:0} ms; {Kept(bytes)}");
        }

        Assert.True(run > 0 && refused > 0);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{run} run, {refused} refused; the longest took {longest.TotalMilliseconds:0} ms of the processor, the dearest allocated {dearest / 1e6:0.0} MB; the process, tests and all, had {Environment.WorkingSet >> 20} MiB at the end"));
    }

    /// <summary>Where a case is that is not as it should be: beside the tests.</summary>
    private static string Kept(byte[] bytes)
    {
        File.WriteAllBytes("mutated.case", bytes);
        return Path.GetFullPath("mutated.case");
    }

    private static string Docs => Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "..", "..", "docs"));

    private static byte[] Mutated(byte[][] cases, Choices choices)
    {
        var text = cases[choices.Next(cases.Length)].ToList();
        for (var left = 1 + choices.Next(6); left > 0; left--) Mutate(text, cases, choices);
        return [.. text];
    }

    private static void Mutate(List<byte> text, byte[][] cases, Choices choices)
    {
        var at = text.Count == 0 ? 0 : choices.Next(text.Count);
        switch (choices.Next(9))
        {
            case 0 when text.Count > 0:
                text[at] = (byte)choices.Next(256);
                break;
            case 1 when text.Count > 0:
                text.RemoveRange(at, Math.Min(text.Count - at, 1 + choices.Next(20)));
                break;
            case 2:
                text.InsertRange(at, Encoding.UTF8.GetBytes(Words[choices.Next(Words.Length)]));
                break;
            case 3:
                text.InsertRange(at, Encoding.UTF8.GetBytes(" " + Words[choices.Next(Words.Length)] + " "));
                break;
            case 4 when text.Count > 0:
                text.RemoveRange(at, text.Count - at);
                break;
            case 5:
                // A line again, once or a thousand times, as long as it all has room.
                for (var (times, line) = (choices.Next(40) == 0 ? choices.Next(3000) : 1, Line(text, at)); times > 0 && text.Count < MostText; times--) text.InsertRange(line.Begin, text[line.Begin..line.End]);
                break;
            case 6:
                text.RemoveRange(Line(text, at).Begin, Line(text, at).End - Line(text, at).Begin);
                break;
            case 7:
                var other = cases[choices.Next(cases.Length)].ToList();
                var of = Line(other, choices.Next(other.Count));
                text.InsertRange(Line(text, at).Begin, other[of.Begin..of.End]);
                break;
            default:
                if (choices.Next(200) == 0) text.InsertRange(at, Enumerable.Repeat((byte)choices.Next(256), choices.Next(1_200_000)));
                break;
        }
    }

    private static (int Begin, int End) Line(List<byte> text, int at)
    {
        var begin = at;
        while (begin > 0 && text[begin - 1] != '\n') begin--;
        var end = at;
        while (end < text.Count && text[end] != '\n') end++;
        return (begin, Math.Min(text.Count, end + 1));
    }
}
