using Hooks.Cli;
using Hooks.Core.Invariants;
using Hooks.Core.Traces;
using Hooks.Report;
using Hooks.Zoo;
using Xunit;
using static VerifyXunit.Verifier;

namespace Hooks.Snapshots.Cli;

/// <summary>What <c>explore</c> prints, and what it says when it is asked for what cannot be.</summary>
public sealed class ExploreTests : IDisposable
{
    private const string TwoFaults = "kernel v6.5\narch   none\nswap   zram\nP0     map a\nP0     write a 1\nP0     pageout a\ntogether\nP0     read a\nP0.1   write a 2\nP0.1   pageout a\n";

    private static readonly Dictionary<string, (string Line, string Stdin)> Errors = new()
    {
        ["unknown-kernel-option"] = ("explore --kernel v6.5 --tasks 4", ""),
        ["unknown-task"] = ("explore --tasks P0 P7", ""),
        ["unknown-verb"] = ("explore --verbs raed", ""),
        ["unknown-invariant"] = ("explore --invariant tags", ""),
        ["large-page"] = ("explore --large", ""),
        ["swap-area"] = ("explore --swap tape", ""),
        ["too-many-operations"] = ("explore --operations 99", ""),
        ["together-and-options"] = ("explore - --operations 3", TwoFaults),
        ["swap-of-a-file"] = ("explore - --swap disk", TwoFaults),
        ["nothing-together"] = ("explore -", TwoFaults[..TwoFaults.IndexOf("P0     read", StringComparison.Ordinal)]),
        ["until-together"] = ("explore -", TwoFaults.Replace("read a", "read a until SetPteAt", StringComparison.Ordinal)),
        ["breaks-before"] = ("explore - --kernel v5.18 --arch arm64", "kernel v5.18\narch arm64\nswap zram\nP0 map a tagged\nP0 tag a 1\nP0 pageout a\nP0 read a\n"),
        ["run-of-a-scope"] = ("run -", TwoFaults),
    };

    private readonly OwnFolder _folder = new();

    public static TheoryData<string> ErrorNames() => [.. Errors.Keys];

    public static TheoryData<string> Races() => [.. RaceCatalogue.All.Select(r => r.Id)];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(ErrorNames))]
    public async Task Error(string what) => await Verify(Command.Run($"{Errors[what].Line}{(Errors[what].Line.StartsWith("explore", StringComparison.Ordinal) ? $" --out {_folder.Path}" : "")}", Errors[what].Stdin).Replace(_folder.Path, "DIR", StringComparison.Ordinal)).UseParameters(what);

    [Fact]
    public async Task The_race_from_nothing() => await Verify(_folder.Run("explore --kernel v6.5 --operations 5 --out DIR"));

    [Fact]
    public async Task The_fix_has_none() => await Verify(_folder.Run("explore --kernel v6.8 --operations 4 --out DIR"));

    [Fact]
    public async Task As_json() => await Verify(_folder.Run("explore --kernel v6.11 --arch sparc --operations 3 --verbs map write pageout --json --out DIR"));

    [Fact]
    public async Task Programs_of_any_length() => await Verify(_folder.Run("explore --kernel v6.8 --tasks P0 --operations 7 --out DIR"));

    [Fact]
    public async Task Programs_of_any_length_as_json() => await Verify(_folder.Run("explore --kernel v6.8 --tasks P0 --operations 7 --json --out DIR"));

    [Fact]
    public async Task Large_folios_too() => await Verify(_folder.Run("explore --kernel v7.3 --pages 2 --large --operations 3 --verbs map write reclaim --out DIR"));

    [Fact]
    public async Task Few_preemptions() => await Verify(_folder.Run("explore --kernel v6.8 --operations 4 --preemptions 1 --verbs map write pageout --out DIR"));

    [Fact]
    public async Task Too_little_memory() => await Verify(_folder.Run("explore --kernel v6.8 --operations 8 --memory 16 --jobs 1 --out DIR"));

    [Fact]
    public void The_case_that_is_saved_fails_as_it_says()
    {
        _folder.Run("explore --kernel v6.5 --operations 5 --first --out DIR");
        Assert.EndsWith("fails as the file says\n---\nexit 0", _folder.Run("run DIR/v6.5-none-data-preservation.case"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("--json")]
    public void The_same_bytes_whatever_the_number_of_jobs(string json) =>
        Assert.Equal(Body($"explore --kernel v6.5 --operations 5 {json} --jobs 1"), Body($"explore --kernel v6.5 --operations 5 {json} --jobs 3"));

    [Fact]
    public void Interrupted_it_is_kept_and_goes_on()
    {
        using var stdout = new StringWriter { NewLine = "\n" };
        using var stderr = new StringWriter { NewLine = "\n" };
        using var cancel = new CancellationTokenSource();
        cancel.Cancel();
        var file = Path.Combine(_folder.Path, "kept");
        string[] args = ["explore", "--kernel", "v6.8", "--out", _folder.Path, "--checkpoint", file];
        Assert.Equal(130, HooksCommand.Invoke(args, stdout, stderr, TextReader.Null, cancel.Token));
        Assert.Contains("Interrupted. It was looked at in part", stdout.ToString(), StringComparison.Ordinal);
        Assert.True(File.Exists(file));
        Assert.Contains("is of another search", Command.Run($"explore --kernel v6.5 --out {_folder.Path} --checkpoint {file}"), StringComparison.Ordinal);
        Assert.Equal(Body("explore --kernel v6.8"), Body($"explore --kernel v6.8 --checkpoint {file}"));
        Assert.False(File.Exists(file));
    }

    [Theory]
    [MemberData(nameof(Races))]
    public async Task Race(string race)
    {
        var result = RaceResult.Of(RaceCatalogue.All.Single(r => r.Id == race));
        var finding = result.Finding!;
        var trace = Trace.Record(finding.Minimal.Workload, result.Race.Bug.Kernel, result.Race.Bug.Arch, InvariantSet.Of(finding.Invariant));
        await Verify($"{result.Race.ToCase()}\n{result.States} states; on {result.Race.Fixed.Kernel.Name}, where nothing breaks, {result.FixedStates}\n\n{CaseReport.Print(finding, trace, $"{race}.case")}\n\n{TraceReport.Print(trace)}").UseParameters(race);
    }

    private string Body(string line)
    {
        var text = _folder.Run($"{line} --out DIR");
        return text[text.IndexOf('\n', StringComparison.Ordinal)..];
    }
}
