using System.Text.RegularExpressions;
using Hooks.Tests;
using Xunit;

namespace Hooks.Snapshots.Cli;

/// <summary>A check as pages: what is in them, and what a user who clicks through them sees.</summary>
public sealed class PagesTests : IDisposable
{
    private readonly OwnFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Each_bug_has_a_page_and_nothing_comes_from_elsewhere()
    {
        Make();
        var index = File.ReadAllText(Page("index.html"));
        Assert.Contains("4 pairs of kernel and architecture, 2000 workloads, 500 with large folios each, seed 1: all as expected.", index, StringComparison.Ordinal);
        var pages = Regex.Matches(index, "<h3>.*<a href=\"(?<page>[^\"]+)\">", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)).Select(m => m.Groups["page"].Value).ToList();
        Assert.Equal(pages.Append("index.html").Order(StringComparer.Ordinal), Directory.GetFiles(Page("")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(pages.Count, Regex.Count(index, "<svg ", RegexOptions.None, TimeSpan.FromSeconds(1)));
        foreach (var page in pages.Append("index.html"))
        {
            var text = File.ReadAllText(Page(page));
            Assert.DoesNotContain(" src=", text, StringComparison.Ordinal);
            Assert.DoesNotContain("http", text.Replace("xmlns=\"http://www.w3.org/2000/svg\"", "", StringComparison.Ordinal), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Merged_parts_give_the_same_pages()
    {
        Make();
        var whole = Files();
        foreach (var i in new[] { 1, 2 }) _folder.Run($"check --kernel v5.18 v6.8 --arch none arm64 --workloads 2000 --schedules 0 --out DIR/cases --no-kept --shard {i}/2 --part DIR/{i}.json");
        Directory.Delete(Page(""), recursive: true);
        Assert.EndsWith("exit 0", _folder.Run("merge DIR/1.json DIR/2.json --out DIR/cases --html DIR/pages"), StringComparison.Ordinal);
        Assert.Equal(whole, Files());
    }

    [Fact]
    public void A_folder_that_cannot_be_written_to_is_said_before_anything_is_run()
    {
        File.WriteAllText(Path.Combine(_folder.Path, "file"), "");
        Assert.Contains("hooks: --html: 'DIR/file' is a file; expected a folder", _folder.Run("check --workloads 1000000000 --html DIR/file --out DIR/cases"), StringComparison.Ordinal);
    }

    [FactWith(Browser.Program)]
    public async Task A_user_clicks_from_the_table_to_the_step_that_breaks()
    {
        Make();
        using var browser = await Browser.Start();
        await browser.Open(Page("index.html"));
        var all = await browser.Text("#shown");
        Assert.Equal(all, await browser.Evaluate("[...document.querySelectorAll('.bug')].filter(b => b.checkVisibility()).length"));

        // A cell leaves its bugs; again, and Escape, bring all back.
        const string Cell = "button[data-kernel='v5.18'][data-arch='arm64']", Kernel = "button[data-kernel='v6.8'][data-arch='']";
        await browser.Click(Cell);
        Assert.Equal("3", await browser.Text("#shown"));
        Assert.Equal("3", await browser.Evaluate("[...document.querySelectorAll('.bug')].filter(b => b.checkVisibility()).length"));
        Assert.Equal(": v5.18 on arm64", await browser.Text("#of"));
        Assert.Equal("true", await browser.Evaluate($"document.querySelector(\"{Cell}\").ariaPressed"));
        await browser.Click(Cell);
        Assert.Equal(all, await browser.Text("#shown"));
        await browser.Click(Kernel);
        Assert.Equal("1", await browser.Text("#shown"));
        await browser.Press("Escape");
        Assert.Equal(all, await browser.Text("#shown"));

        // The picture unfolds; the page of the bug opens at the step that breaks.
        const string Bug = ".bug[data-where='v5.18/arm64']:has(a[href='v5.18-arm64-tag-preservation.html'])";
        await browser.Click($"{Bug} summary");
        Assert.Equal("true", await browser.Evaluate($"document.querySelector(\"{Bug} svg\").checkVisibility()"));
        await browser.Click($"{Bug} h3 a");
        await browser.At("v5.18-arm64-tag-preservation.html");
        var breaks = await browser.Text("#at");
        Assert.Contains("they are lost", await browser.Text("#scene"), StringComparison.Ordinal);
        Assert.Equal("SetPteAt", await browser.Text(".step.on b"));

        // Keys and clicks move it; n comes back to it.
        await browser.Press("ArrowUp");
        Assert.NotEqual(breaks, await browser.Text("#at"));
        Assert.DoesNotContain("they are lost", await browser.Text("#scene"), StringComparison.Ordinal);
        await browser.Press("Home");
        Assert.StartsWith("after step 1 of ", await browser.Text("#at"), StringComparison.Ordinal);
        await browser.Click("#s4");
        Assert.StartsWith("after step 5 of ", await browser.Text("#at"), StringComparison.Ordinal);
        await browser.Press("n");
        Assert.Equal(breaks, await browser.Text("#at"));
        await browser.Click("a[href='index.html']");
        await browser.At("index.html");
    }

    private void Make() => Assert.EndsWith("exit 0", _folder.Run("check --kernel v5.18 v6.8 --arch none arm64 --workloads 2000 --schedules 0 --out DIR/cases --html DIR/pages"), StringComparison.Ordinal);

    private string Page(string name) => Path.Combine(_folder.Path, "pages", name);

    private List<string> Files() => [.. Directory.GetFiles(Page("")).Order(StringComparer.Ordinal).Select(f => f + File.ReadAllText(f))];
}
