using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Xunit;
using static VerifyXunit.Verifier;

namespace Hooks.Snapshots.Cli;

/// <summary>Runs as something to look at.</summary>
public sealed class PictureTests : IDisposable
{
    private const string Lost = "kernel v5.18\narch arm64\nswap zram\nP0 map a tagged\nP0 tag a 1\nP0 pageout a\nP0 read a\nfails tag-preservation\n";

    private static readonly string? Browser = new[] { "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome" }.FirstOrDefault(File.Exists);

    private readonly string _folder = Directory.CreateTempSubdirectory("hooks-picture-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_decisive_moment()
    {
        Command.Run($"run - --svg {Path("moment.svg")}", Lost);
        var svg = await File.ReadAllTextAsync(Path("moment.svg"));
        Assert.Equal("svg", XDocument.Parse(svg).Root!.Name.LocalName);
        await Verify(svg);
    }

    /// <summary>The picture of docs/large-folios.md.</summary>
    [Fact]
    public void Pages_of_a_large_folio_say_whose_they_are() => OfALargeFolio();

    private void OfALargeFolio([CallerFilePath] string thisFile = "")
    {
        var docs = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(thisFile)!, "..", "..", "..", "docs", "large");
        Command.Run($"run - --svg {Path("large.svg")}", File.ReadAllText(System.IO.Path.Combine(docs, "swapoff.case")));
        var svg = File.ReadAllText(Path("large.svg")).Replace(">- on ", ">docs/large/swapoff.case on ", StringComparison.Ordinal).Replace(">stdin on ", ">docs/large/swapoff.case on ", StringComparison.Ordinal);
        Assert.Contains("page 1 of pfn 3", svg, StringComparison.Ordinal);
        Assert.Equal(File.ReadAllText(System.IO.Path.Combine(docs, "swapoff.svg")), svg);
    }

    [Fact]
    public void The_page_has_every_step_the_machine_after_it_and_nothing_from_elsewhere()
    {
        Command.Run($"run - --html {Path("run.html")}", Lost);
        var page = File.ReadAllText(Path("run.html"));
        var steps = Regex.Count(page, "<tr id=\"s", RegexOptions.None, TimeSpan.FromSeconds(1));
        Assert.Equal(steps, Regex.Count(page, "<!--|\\\\u003C!--", RegexOptions.None, TimeSpan.FromSeconds(1)));
        Assert.True(steps > 50);
        Assert.Contains("tag-preservation: P0 sees tags 0000 on page a (pfn 2), where it last stored 1111: they are lost.", page, StringComparison.Ordinal);
        Assert.DoesNotContain("http", page, StringComparison.Ordinal);
        Assert.DoesNotContain(" src=", page, StringComparison.Ordinal);
    }

    [Fact]
    public void A_browser_shows_the_moment_at_which_it_breaks()
    {
        // Where there is none, the other tests are what there is.
        if (Browser is null) return;
        Command.Run($"run - --html {Path("run.html")}", Lost);
        var start = new ProcessStartInfo(Browser, ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=3000", $"--user-data-dir={Path("profile")}", "--dump-dom", "file://" + Path("run.html")])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var browser = Process.Start(start)!;
        browser.ErrorDataReceived += static (_, _) => { };
        browser.BeginErrorReadLine();
        var dom = browser.StandardOutput.ReadToEnd();
        browser.WaitForExit();
        Assert.Matches("<h2 id=\"at\">after step \\d+ of \\d+</h2>", dom);
        Assert.Matches("<tr id=\"s\\d+\" class=\"step breaks on\"", dom);
    }

    [Theory]
    [InlineData("--html {0}/no/such/page.html", "--html: cannot write")]
    [InlineData("--svg {0}", "--svg: cannot write")]
    public void What_cannot_be_written_is_said(string option, string says)
    {
        var said = Command.Run("run - " + string.Format(System.Globalization.CultureInfo.InvariantCulture, option, _folder), Lost);
        Assert.Contains(says, said, StringComparison.Ordinal);
        Assert.EndsWith("exit 2", said, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder));
    }

    private string Path(string name) => System.IO.Path.Combine(_folder, name);
}
