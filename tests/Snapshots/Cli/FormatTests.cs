using System.Diagnostics;
using System.Text.Json;
using System.Xml.Linq;
using Hooks.Tests;
using Xunit;
using static VerifyXunit.Verifier;

namespace Hooks.Snapshots.Cli;

/// <summary>What other people's CI reads.</summary>
public sealed class FormatTests : IDisposable
{
    private const string AsExpected = "check --kernel v6.8 v5.18 --arch arm64 --workloads 2000 --out DIR --format ";
    private const string NotAsExpected = "check --kernel v5.18 --arch arm64 --workloads 1 --out DIR --format ";

    private readonly OwnFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("junit")]
    [InlineData("tap")]
    [InlineData("sarif")]
    public async Task As_expected(string format) => await Verify(_folder.Run(AsExpected + format)).UseParameters(format);

    [Theory]
    [InlineData("junit")]
    [InlineData("tap")]
    [InlineData("sarif")]
    public async Task Not_as_expected(string format) => await Verify(_folder.Run(NotAsExpected + format)).UseParameters(format);

    [Theory]
    [InlineData(AsExpected, 0)]
    [InlineData(NotAsExpected, 1)]
    public void Junit_counts_a_failure_if_and_only_if_the_exit_code_does(string line, int exit)
    {
        var text = _folder.Run(line + "junit");
        Assert.EndsWith($"exit {exit}", text, StringComparison.Ordinal);
        var suites = XDocument.Parse(Stdout(text)).Root!;
        Assert.Equal(exit, Math.Min(1, (int)suites.Attribute("failures")!));
        Assert.Equal((int)suites.Attribute("tests")!, suites.Descendants("testcase").Count());
        Assert.Equal((int)suites.Attribute("failures")!, suites.Descendants("failure").Count());
        Assert.Equal((int)suites.Attribute("skipped")!, suites.Descendants("skipped").Count());
    }

    [TheoryWith("prove")]
    [InlineData(AsExpected, 0)]
    [InlineData(NotAsExpected, 1)]
    public void A_TAP_harness_agrees_with_the_exit_code(string line, int exit)
    {
        var text = _folder.Run(line + "tap");
        Assert.EndsWith($"exit {exit}", text, StringComparison.Ordinal);
        var file = Path.Combine(_folder.Path, "hooks.tap");
        File.WriteAllText(file, Stdout(text));
        using var prove = Process.Start(new ProcessStartInfo("prove", ["--exec", "cat", file]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        var said = prove.StandardOutput.ReadToEnd();
        prove.WaitForExit();
        Assert.Equal(exit, Math.Min(1, prove.ExitCode));
        Assert.DoesNotContain("Parse errors", said, StringComparison.Ordinal);
    }

    [Fact]
    public void Sarif_of_a_patch_points_at_the_line_of_the_kernel()
    {
        var tests = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "..", "..", "tests", "Source"));
        var text = _folder.Run($"check --source {tests}/small --patch {tests}/patches/exclusive-not-detected.patch --workloads 3000 --arch arm64 --no-progress --out DIR --format sarif");
        Assert.EndsWith("exit 1", text, StringComparison.Ordinal);
        using var sarif = JsonDocument.Parse(Stdout(text));
        var results = sarif.RootElement.GetProperty("runs")[0].GetProperty("results").EnumerateArray().ToList();
        var broken = Assert.Single(results, r => r.GetProperty("level").GetString() == "error");
        Assert.Equal("exclusive-detected", broken.GetProperty("ruleId").GetString());
        var place = broken.GetProperty("locations")[0].GetProperty("physicalLocation");
        Assert.Equal("mm/memory.c", place.GetProperty("artifactLocation").GetProperty("uri").GetString());
        var line = File.ReadLines(Path.Combine(tests, "small", "mm", "memory.c")).ElementAt(place.GetProperty("region").GetProperty("startLine").GetInt32() - 1);
        Assert.Contains($": {line.Trim()}", broken.GetProperty("message").GetProperty("text").GetString(), StringComparison.Ordinal);
    }

    private static string Stdout(string text)
    {
        const string Begin = "--- stdout\n";
        var start = text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        return text[start..text.IndexOf("\n---\n", start, StringComparison.Ordinal)] + "\n";
    }
}
