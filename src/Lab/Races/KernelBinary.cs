using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Hooks.Lab.Races;

/// <summary>A function of a kernel, or the part of one that stands apart.</summary>
/// <param name="Name">Its symbol.</param>
/// <param name="Address">Of its first instruction.</param>
/// <param name="Bytes">Its length.</param>
internal readonly record struct Symbol(string Name, ulong Address, ulong Bytes)
{
    /// <summary>Whether an address is in it.</summary>
    public bool Has(ulong address) => address - Address < Bytes;
}

/// <summary>A row of a line table: from this address on, until the next row's, instructions belong to a line.</summary>
/// <param name="File">The file, without its folder.</param>
/// <param name="Line">The line.</param>
/// <param name="Address">Where.</param>
/// <param name="Begins">Whether a statement begins there (is_stmt).</param>
internal readonly record struct LineRow(string File, int Line, ulong Address, bool Begins);

/// <summary>An instruction, as far as ways through a function go.</summary>
/// <param name="Address">Where.</param>
/// <param name="Mnemonic">What.</param>
/// <param name="Target">Where a branch or call goes; 0: nowhere that is known.</param>
/// <param name="Callee">The function that is called, without what the compiler has added to its name; empty: none.</param>
internal readonly record struct Instruction(ulong Address, string Mnemonic, ulong Target, string Callee);

/// <summary>A vmlinux, through the binutils that <c>lab/setup</c> has installed: symbols, line tables, instructions.</summary>
internal sealed partial class KernelBinary
{
    private const string Tools = "aarch64-linux-gnu-";

    private readonly string _file;
    private readonly List<Symbol> _symbols = [];
    private readonly List<LineRow> _rows = [];
    private readonly Dictionary<ulong, List<Instruction>> _code = [];

    /// <summary>Reads symbols and line tables.</summary>
    /// <exception cref="LabException">The file or the tools are not there.</exception>
    public KernelBinary(string file)
    {
        _file = file;
        foreach (var line in Run("nm", "-S", "-n", file))
        {
            var fields = line.Split(' ');
            if (fields is [var address, var bytes, "t" or "T", var name]) _symbols.Add(new Symbol(name, Hex(address), Hex(bytes)));
            else if (fields is [var start, "t" or "T", var label]) _symbols.Add(new Symbol(label, Hex(start), 0));
        }

        foreach (var line in Run("objdump", "--dwarf=decodedline", file))
        {
            if (Row().Match(line) is { Success: true } row) _rows.Add(new LineRow(row.Groups["file"].Value, int.Parse(row.Groups["line"].Value, CultureInfo.InvariantCulture), Hex(row.Groups["address"].Value), row.Groups["begins"].Success));
        }

        // In the order of the line program where several have one address: the last is in effect.
        _rows = [.. _rows.OrderBy(r => r.Address)];
    }

    /// <summary>The address of a function; 0: there is none of this name, or there are several.</summary>
    public ulong AddressOf(string function) => _symbols.Where(s => s.Name == function).Select(s => s.Address).ToList() is [var only] ? only : 0;

    /// <summary>The function that an address is in.</summary>
    public Symbol? At(ulong address)
    {
        foreach (var symbol in _symbols)
        {
            if (symbol.Has(address)) return symbol;
        }

        return null;
    }

    /// <summary>The rows of some lines of a file, lowest address first.</summary>
    public IEnumerable<LineRow> RowsOf(string file, Lines lines) => _rows.Where(r => r.Line >= lines.First && r.Line <= lines.Last && r.File == file);

    /// <summary>The row in effect at an address.</summary>
    public LineRow RowAt(ulong address)
    {
        var (low, high) = (0, _rows.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_rows[middle].Address <= address) low = middle + 1;
            else high = middle;
        }

        return low == 0 ? default : _rows[low - 1];
    }

    /// <summary>A function's instructions, in the order of their addresses.</summary>
    public IReadOnlyList<Instruction> Code(Symbol function)
    {
        if (_code.TryGetValue(function.Address, out var code)) return code;
        code = [];
        foreach (var line in Run("objdump", "-d", "--no-show-raw-insn", $"--start-address=0x{function.Address:x}", $"--stop-address=0x{function.Address + function.Bytes:x}", _file))
        {
            if (Code().Match(line) is not { Success: true } match) continue;
            var target = Target().Match(match.Groups["operands"].Value);
            var calls = match.Groups["mnemonic"].Value == "bl" && target.Success;
            code.Add(new Instruction(Hex(match.Groups["address"].Value), match.Groups["mnemonic"].Value, target.Success ? Hex(target.Groups["address"].Value) : 0, calls ? target.Groups["name"].Value.Split('.')[0] : ""));
        }

        return _code[function.Address] = code;
    }

    private static ulong Hex(string digits) => ulong.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private static IEnumerable<string> Run(string tool, params string[] arguments)
    {
        Process process;
        try
        {
            process = Process.Start(new ProcessStartInfo(Tools + tool, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        }
        catch (Win32Exception e)
        {
            throw new LabException($"{Tools}{tool} cannot be started: {e.Message}. It comes with the compiler that lab/setup installs (gcc-aarch64-linux-gnu)", e);
        }

        using (process)
        {
            process.ErrorDataReceived += static (_, _) => { };
            process.BeginErrorReadLine();
            while (process.StandardOutput.ReadLine() is { } line) yield return line;
            process.WaitForExit();
            if (process.ExitCode != 0) throw new LabException($"{Tools}{tool} {string.Join(' ', arguments)} ended with {process.ExitCode}");
        }
    }

    [GeneratedRegex(@"^(?<file>\S+)\s+(?<line>\d+)\s+0x(?<address>[0-9a-f]+)(\s+\d+)?(?<begins>\s+x)?\s*$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Row();

    [GeneratedRegex(@"^\s*(?<address>[0-9a-f]+):\s+(?<mnemonic>[a-z][a-z0-9.]*)\s*(?<operands>.*)$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Code();

    [GeneratedRegex(@"\b(?<address>[0-9a-f]{8,}) <(?<name>[^+>]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Target();
}
