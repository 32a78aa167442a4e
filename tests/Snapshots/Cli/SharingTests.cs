using System.Text.RegularExpressions;
using Hooks.Cli;
using Hooks.Cli.Sharing;
using Xunit;

namespace Hooks.Snapshots.Cli;

/// <summary>A check in parts, on several machines, and for a time.</summary>
public sealed class SharingTests : IDisposable
{
    private const string Line = "check --kernel v5.18 v6.8 --arch none arm64 --workloads 20300";

    private readonly OwnFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData(" --details")]
    [InlineData(" --json --details")]
    public void Parts_merge_to_the_bytes_of_one_run(string options)
    {
        var whole = Body(_folder.Run($"{Line} --out DIR/cases{options}"));
        var files = Files("cases");
        Directory.Delete(System.IO.Path.Combine(_folder.Path, "cases"), recursive: true);
        foreach (var i in new[] { 2, 1, 3 }) Assert.EndsWith("exit 0", Part(i, 3), StringComparison.Ordinal);
        Assert.Equal(whole, Body(_folder.Run($"merge DIR/2.json DIR/3.json DIR/1.json --out DIR/cases{options}")));
        Assert.Equal(files, Files("cases"));
    }

    [Fact]
    public void Cases_of_earlier_runs_are_replayed_by_one_part_and_counted_once()
    {
        const string Short = "check --kernel v5.18 --arch arm64 --workloads 400";
        _folder.Run($"{Short}0 --out DIR/cases");
        foreach (var i in new[] { 1, 2 }) _folder.Run($"{Short} --out DIR/cases --shard {i}/2 --part DIR/{i}.json");
        Assert.Equal(Body(_folder.Run($"{Short} --out DIR/cases")), Body(_folder.Run("merge DIR/1.json DIR/2.json --out DIR/cases")));
    }

    [Fact]
    public void A_part_that_was_interrupted_makes_the_whole_an_interrupted_one()
    {
        Part(1, 2);
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        using var quiet = new StringWriter();
        var exit = HooksCommand.Invoke([.. $"{Line} --shard 2/2 --part {_folder.Path}/2.json --out {_folder.Path}/none".Split(' ')], quiet, quiet, TextReader.Null, stop.Token);
        Assert.Equal(130, exit);
        var merged = _folder.Run("merge DIR/1.json DIR/2.json --no-save");
        Assert.Contains("\nInterrupted: ", merged, StringComparison.Ordinal);
        Assert.EndsWith("exit 130", merged, StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_put_together_is_said()
    {
        const string Short = "check --kernel v6.8 --arch none --workloads 20300 --schedules 0";
        _folder.Run($"{Short} --shard 1/3 --part DIR/1.json");
        _folder.Run($"{Short} --shard 2/3 --part DIR/2.json");
        _folder.Run($"{Short} --seed 2 --shard 3/3 --part DIR/3.json");
        _folder.Run($"{Short} --shard 2/4 --part DIR/4.json");
        File.Copy(In("1.json"), In("copy.json"));
        File.WriteAllText(In("other.json"), "{}");
        File.WriteAllText(In("no.json"), "PK\u0003\u0004");
        File.WriteAllText(In("old.json"), Regex.Replace(File.ReadAllText(In("1.json")), "\"hooks\": \"[^\"]*\"", "\"hooks\": \"hooks 0.0.1\"", RegexOptions.None, TimeSpan.FromSeconds(1)));
        Says("merge DIR/1.json DIR/2.json", "hooks: of 3 parts 1 is missing: 3; 'hooks check --shard 3/3' with the options of the others makes one");
        Says("merge DIR/1.json DIR/2.json DIR/3.json", "hooks: DIR/3.json: is part of another check than DIR/1.json:");
        Says("merge DIR/1.json DIR/4.json", "hooks: DIR/4.json: is part 2/4, and DIR/1.json one of 3");
        Says("merge DIR/1.json DIR/copy.json", "hooks: part 1/3 is there twice: DIR/1.json and DIR/copy.json");
        Says("merge DIR/other.json", "hooks: DIR/other.json: is not a part of a check; expected a file that 'hooks check --shard' has written");
        Says("merge DIR/no.json", "hooks: DIR/no.json: is not a part of a check");
        Says("merge DIR/none.json", "hooks: DIR/none.json: no such file");
        Says("merge DIR", "hooks: DIR: is a directory");
        Says("merge DIR/old.json", "hooks: DIR/old.json: was written by hooks 0.0.1, and this is hooks ");
        Says("check --shard 1/3 --json", "hooks: --json and --shard cannot be given together");
        Says("check --shard 1/3 --time 1m", "hooks: --time and --shard cannot be given together");
        Says("check --shard 4/3", "hooks: --shard: '4/3' is not a part; expected one such as 3/8");
        Says("check --part DIR/1.json", "hooks: --part needs --shard I/N");
        Says("check --shard 1/1 --part DIR", "hooks: --part: cannot write 'DIR': ");
        Says("check --time 10x", "hooks: --time: '10x' is not a time; expected one such as 90s, 10m or 8h");
        Says("check --time 10m --workloads 3", "hooks: --time and --workloads cannot be given together");
        Says("check --json --format tap", "hooks: --json and --format tap cannot be given together");
        Says("check --format mail", "hooks: --format mail needs --source DIR");
    }

    [Fact]
    public void A_part_whose_case_does_not_come_out_here_is_refused()
    {
        _folder.Run("check --kernel v5.18 --arch arm64 --workloads 2000 --schedules 0 --shard 1/1 --part DIR/1.json");
        var text = File.ReadAllText(In("1.json"));
        File.WriteAllText(In("1.json"), text.Replace("P0     tag a 1\\n", "", StringComparison.Ordinal));
        Says("merge DIR/1.json", "hooks: DIR/1.json: what it says of v5.18 on arm64 does not come out here");
    }

    [Fact]
    public void The_clock_says_how_much_is_run_and_nothing_else()
    {
        var timed = _folder.Run("check --kernel v6.8 --arch arm64 --time 1s --jobs 2 --no-save");
        var same = Regex.Match(timed, "hooks: the time is up; the same again, to the byte: (?<size>--workloads [0-9]+ --schedules [0-9]+)\n", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));
        Assert.True(same.Success, timed);
        var again = _folder.Run($"check --kernel v6.8 --arch arm64 {same.Groups["size"].Value} --jobs 1 --no-save");
        Assert.Equal(Body(timed[..timed.IndexOf("--- stderr", StringComparison.Ordinal)]), Body(again[..again.LastIndexOf("exit ", StringComparison.Ordinal)]));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    public void Every_unit_of_the_work_is_done_by_one_part(int parts)
    {
        for (var unit = 0L; unit < 500; unit++) Assert.Single(Enumerable.Range(1, parts), i => new Shard(i, parts).Has(unit));

        // And no part is left with one architecture of three.
        Assert.All(Enumerable.Range(1, parts), i => Assert.Equal(3, Enumerable.Range(0, 480).Where(u => new Shard(i, parts).Has(u)).Select(u => u % 3).Distinct().Count()));
    }

    private string Part(int i, int of) => _folder.Run($"{Line} --out DIR/none --shard {i}/{of} --part DIR/{i}.json");

    private void Says(string line, string error)
    {
        var text = _folder.Run(line);
        Assert.Contains(error, text, StringComparison.Ordinal);
        Assert.EndsWith("exit 2", text, StringComparison.Ordinal);
    }

    private string In(string file) => System.IO.Path.Combine(_folder.Path, file);

    private string[] Files(string folder) => [.. Directory.GetFiles(In(folder)).Order(StringComparer.Ordinal).Select(f => f + File.ReadAllText(f))];

    private static string Body(string text) => text[text.IndexOf('\n', StringComparison.Ordinal)..];
}
